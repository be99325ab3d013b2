import type { FilesSource } from '../../plan/plan.js';
import { Breath } from '../breath.js';
import type { SourcePorts } from '../ports.js';
import type { SourceContext, StreamedSource, TreeItem } from '../provider.js';
import { handName } from '../shell.js';
import { contentIn } from './files/copy.js';
import { changed, itemOf, vanished } from './files/read.js';
import { filesReplacement } from './files/replacement.js';
import { restoreTree } from './files/restore.js';
import { select, survey } from './files/selection.js';
import type { Stamps } from './files/stamps.js';
import { contentOf, TreeContent } from './files/tree-content.js';
import type { Found } from './files/walk.js';

/** Files, directories and symbolic links of the workspace. */
export function createFilesDriver(source: FilesSource, ports: SourcePorts): StreamedSource {
  let directories: readonly string[] = [];
  return {
    kind: 'files',
    form: 'streamed',

    async take(writer, context) {
      const stamps = await select(source.files, context);
      const seen = { bytes: 0, items: 0 };
      const met: string[] = [];
      const again = () => checked(stamps, survey(source.files, context));
      const entries = await writer.tree(itemsOf(again(), { context, seen, directories: met }));
      directories = met;
      const breath = new Breath(context.signal);
      for (const _found of again()) if (breath.isDue()) await breath.take();
      // Where the tree became one stream, what it consists of is found when that is read back.
      const isOneStream = entries.some(({ type }) => type === 'stream');
      return { ...seen, content: isOneStream ? null : contentOf(entries), entries };
    },

    async restore(stored, { context, content }, use) {
      const seen = new TreeContent();
      // One that the store does not give back after all makes the copy another one.
      await restoreTree(stored, { context, directories, onEntry: (entry) => seen.add(entry) });
      return use({
        original: async () => content ?? seen.content(),
        content: () => contentIn(context.scratch, { like: seen, signal: context.signal }),
        env: { RELEASE_SCRATCH: context.scratch },
      });
    },

    restoreCommand: (byHand) => byHand.tree(handName(source.name)),

    replacement: filesReplacement(source, ports),
  };
}

/** Read between two looks that saw the same: so the copy is of one moment. */
async function* itemsOf(
  found: Iterable<Found>,
  options: {
    readonly context: SourceContext;
    readonly seen: { bytes: number; items: number };
    readonly directories: string[];
  },
): AsyncGenerator<TreeItem> {
  const { context, seen, directories } = options;
  const breath = new Breath(context.signal);
  for (const one of found) {
    if (breath.isDue()) await breath.take();
    yield itemOf(one, context);
    if (one.type === 'directory') directories.push(one.path);
    if (one.type !== 'file') continue;
    seen.bytes += one.size;
    seen.items += 1;
  }
}

/** Hands on what is still as it was stamped, in the same order, and rejects at the first that is not. */
function* checked(stamps: Stamps, found: Iterable<Found>): Generator<Found> {
  let at = 0;
  let last = '';
  for (const one of found) {
    if (!stamps.matches(at, one))
      throw stamps.matches(at + 1, one) ? vanished(`before ${JSON.stringify(one.path)}`) : changed(one.path);
    yield one;
    last = one.path;
    at += 1;
  }
  if (at < stamps.length) throw vanished(`after ${JSON.stringify(last)}`);
}
