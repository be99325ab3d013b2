import type { FilesSource } from '../../plan/plan.js';
import { inOrder } from '../entry.js';
import type { SourceContext, StreamedSource, TreeItem } from '../provider.js';
import { contentIn } from './files/copy.js';
import { changed, isUnchanged, itemOf } from './files/read.js';
import { restoreTree } from './files/restore.js';
import { select, survey } from './files/selection.js';
import { contentOf, TreeContent } from './files/tree-content.js';
import type { Found } from './files/walk.js';

/** Files, directories and symbolic links of the workspace. */
export function createFilesDriver(source: FilesSource): StreamedSource {
  return {
    kind: 'files',
    form: 'streamed',

    async take(writer, context) {
      const found = await select(source.files, context);
      const entries = await writer.tree(itemsOf(found, context));
      await refuseChanges(found, survey(source.files, context));
      const files = found.filter(({ type }) => type === 'file');
      return {
        // Where the tree became one stream, what it consists of is found when that is read back.
        content: entries.some(({ type }) => type === 'stream') ? null : contentOf(entries),
        bytes: files.reduce((sum, { size }) => sum + size, 0),
        items: files.length,
        entries,
      };
    },

    async restore(stored, { context, content }, use) {
      const seen = new TreeContent();
      await restoreTree(stored, { context, onEntry: (entry) => seen.add(entry) });
      return use({
        original: async () => content ?? seen.content(),
        content: () => contentIn(context.scratch, context.signal),
        env: { RELEASE_SCRATCH: context.scratch },
      });
    },

    restoreCommand: (byHand) => byHand.tree('restored'),

    replacement: null,
  };
}

function* itemsOf(found: readonly Found[], context: SourceContext): Generator<TreeItem> {
  for (const one of found) yield itemOf(one, context);
}

/** All that was read was still the same after the last byte was read: so the copy is of one moment. */
async function refuseChanges(before: readonly Found[], after: AsyncIterable<Found>): Promise<void> {
  let at = 0;
  for await (const found of after) {
    const expected = before[at];
    if (expected === undefined) throw changed(found.path);
    // What comes first in the order is new, or it is what is gone.
    if (inOrder(found.path, expected.path) < 0) throw changed(found.path);
    if (found.path !== expected.path || !isUnchanged(expected, found)) throw changed(expected.path);
    at += 1;
  }
  const missing = before[at];
  if (missing !== undefined) throw changed(missing.path);
}
