import { messageOf } from './failure.js';
import { type CommandFiles, readCommandFile, readPairs } from './file-commands.js';
import type { Masks } from './masks.js';
import type { StepLog } from './step-log.js';

/** R CreateStepSummaryCommand in FileCommandManager.cs: AttachmentSizeLimit. */
const summaryBytes = 1024 * 1024;

export interface FileEffects {
  readonly env: Record<string, string>;
  /** In the order of the file. */
  readonly path: string[];
  summary: string;
}

/**
 * Reads what a step left in its command files. Each kind by itself: a malformed entry fails the step, and keeps
 * neither the entries before it nor the other files from counting. R FileCommandManager.cs ProcessFiles.
 */
export async function applyCommandFiles(options: {
  readonly files: CommandFiles;
  readonly log: StepLog;
  readonly masks: Masks;
}): Promise<FileEffects> {
  const { files, log, masks } = options;
  const effects: FileEffects = { env: {}, path: [], summary: '' };
  const pairs = async (path: string, take: (name: string, value: string) => void) => {
    for (const [name, value] of readPairs(await readCommandFile(path))) take(name, value);
  };
  const work: Readonly<Record<string, () => Promise<void>>> = {
    path: async () => {
      effects.path.push(...(await readCommandFile(files.path)).split(/\r?\n/).filter((line) => line !== ''));
    },
    env: () => pairs(files.env, (name, value) => setEnv(name, value, { effects, log })),
    step_summary: async () => {
      effects.summary = toSummary(await readCommandFile(files.summary), { log, masks });
    },
    state: () => pairs(files.state, (name, value) => log.saveState(name, value)),
    output: () => pairs(files.output, (name, value) => log.setOutput(name, value)),
  };
  for (const [kind, read] of Object.entries(work)) {
    try {
      await read();
    } catch (error) {
      log.error(`Unable to process file command '${kind}' successfully.`);
      log.error(messageOf(error));
      log.commandFailed = true;
    }
  }
  return effects;
}

function setEnv(name: string, value: string, { effects, log }: { effects: FileEffects; log: StepLog }): void {
  if (name.toUpperCase() === 'NODE_OPTIONS') {
    log.error(`Can't store ${name} output parameter using '$GITHUB_ENV' command.`);
  } else {
    effects.env[name] = value;
  }
}

/** Too large: dropped with an error, and the result of the step stays as it was. Masked line by line. */
function toSummary(text: string, { log, masks }: { log: StepLog; masks: Masks }): string {
  const bytes = Buffer.byteLength(text);
  if (bytes > summaryBytes) {
    log.error(
      `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of ${summaryBytes / 1024}k, got ${Math.floor(bytes / 1024)}k.`,
    );
    return '';
  }
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => `${masks.mask(line)}\n`).join('');
}
