import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { hasCode } from './failure.js';

export interface ActionFile {
  readonly directory: string;
  /** In the order of the file; the default is unevaluated, and empty when there is none. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly main: string;
  readonly post: string | null;
  readonly postIf: string;
}

/**
 * Reads `action.yml` of a JavaScript action.
 *
 * Read anew for each stage, as R ActionRunner.cs does: a main step that changes the directory changes its post.
 */
export async function readActionFile(directory: string): Promise<ActionFile> {
  const document = asRecord(parse(await readEither(directory)));
  const runs = asRecord(document.runs);
  const using = String(runs.using ?? '');
  if (!/^node(12|16|20|24)$/.test(using)) {
    throw new Error(
      `action.yml in ${directory} has runs.using "${using}"; this runner runs node12 to node24 actions.`,
    );
  }
  if (runs.pre !== undefined)
    throw new Error(`action.yml in ${directory} has runs.pre, which is not run here.`);
  if (typeof runs.main !== 'string') throw new Error(`action.yml in ${directory} lacks runs.main.`);
  return {
    directory,
    inputs: Object.fromEntries(
      Object.entries(asRecord(document.inputs)).map(([name, input]) => [
        name,
        String(asRecord(input).default ?? ''),
      ]),
    ),
    main: runs.main,
    post: typeof runs.post === 'string' ? runs.post : null,
    // R ActionManifestManager.cs: taken literally, without an implicit success().
    postIf: typeof runs['post-if'] === 'string' ? runs['post-if'] : 'always()',
  };
}

async function readEither(directory: string): Promise<string> {
  for (const name of ['action.yml', 'action.yaml']) {
    try {
      return await readFile(join(directory, name), 'utf8');
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
  // R ActionManager.cs LoadAction.
  throw new Error(
    `Can't find 'action.yml' or 'action.yaml' under '${directory}'. Did you forget to check out the repository?`,
  );
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
