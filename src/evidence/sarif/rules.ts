import type { Tree } from '../../plan/path.js';
import { indexAt, listAt, textAt, treeAt } from './read.js';

export interface Rule {
  readonly id: string;
  /** Its `reportingDescriptor`; empty when the report does not describe it. */
  readonly about: Tree;
}

export interface Rules {
  of(result: Tree): Rule;
}

/** The rules of a run: of the tool itself, and of its extensions, where CodeQL keeps those of its packs. */
export function rulesOf(run: Tree): Rules {
  const tool = treeAt(run, 'tool');
  const driver = listAt(treeAt(tool, 'driver'), 'rules');
  const extensions = listAt(tool, 'extensions').map((extension) => listAt(extension, 'rules'));
  const byId = new Map<string, Tree>();
  for (const rule of [driver, ...extensions].flat()) {
    const id = textAt(rule, 'id');
    if (!byId.has(id)) byId.set(id, rule);
  }
  return {
    of(result) {
      const reference = treeAt(result, 'rule');
      const extension = indexAt(treeAt(reference, 'toolComponent'), 'index');
      const list = extension === null ? driver : (extensions[extension] ?? []);
      const index = indexAt(reference, 'index') ?? indexAt(result, 'ruleIndex');
      const indexed = index === null ? undefined : list[index];
      const written = textAt(result, 'ruleId') || textAt(reference, 'id');
      const id = written || (indexed ? textAt(indexed, 'id') : '') || 'no rule';
      return { id, about: indexed ?? byId.get(id) ?? parentOf(byId, id) ?? {} };
    },
  };
}

/** `CA2101/1` is a part of the rule `CA2101`. */
function parentOf(byId: ReadonlyMap<string, Tree>, id: string): Tree | undefined {
  for (let end = id.lastIndexOf('/'); end > 0; end = id.lastIndexOf('/', end - 1)) {
    const found = byId.get(id.slice(0, end));
    if (found) return found;
  }
  return undefined;
}
