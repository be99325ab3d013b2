import { isBinary, mergeContents } from './content-merge.js';
import { blobId } from './git-ids.js';
import { byPath, type Change, type Conflict, type ContentMerge, type Merge } from './merge.js';

export interface MergedFiles {
  readonly merge: Merge;
  /** Id → content of the blobs that exist nowhere yet. */
  readonly made: ReadonlyMap<string, Buffer>;
}

/** Merges the contents that a merge left open. `blobs`: id → content, null for one that could not be read. */
export function mergeFiles(merge: Merge, blobs: ReadonlyMap<string, Buffer | null>): MergedFiles {
  const changes: Change[] = [...merge.changes];
  const conflicts: Conflict[] = [...merge.conflicts];
  const made = new Map<string, Buffer>();
  for (const file of merge.contents) {
    const content = merged(file, blobs);
    if (typeof content === 'string') {
      conflicts.push({ path: file.path, why: content });
      continue;
    }
    const sha = blobId(content);
    if (sha === file.ours.sha && file.mode === file.ours.mode) continue;
    changes.push({ path: file.path, entry: { mode: file.mode, sha } });
    if (sha !== file.ours.sha && sha !== file.theirs && sha !== file.base) made.set(sha, content);
  }
  return {
    merge: { ...merge, contents: [], changes: changes.sort(byPath), conflicts: conflicts.sort(byPath) },
    made,
  };
}

/** Ids of the blobs that have to be read for it. */
export function blobsOf({ contents }: Merge): readonly string[] {
  return [
    ...new Set(contents.flatMap(({ base, ours, theirs }) => [...(base ? [base] : []), ours.sha, theirs])),
  ];
}

/** The merged content, or why there is none. */
function merged(file: ContentMerge, blobs: ReadonlyMap<string, Buffer | null>): Buffer | string {
  const base = file.base === null ? Buffer.alloc(0) : blobs.get(file.base);
  const [ours, theirs] = [blobs.get(file.ours.sha), blobs.get(file.theirs)];
  if (!base || !ours || !theirs)
    return 'was changed on both sides, and GitHub did not hand it out (over 100 MB, or too many such files at once)';
  if ([base, ours, theirs].some(isBinary)) return 'is a binary file that was changed on both sides';
  return mergeContents({ base, ours, theirs }) ?? 'has lines that were changed on both sides';
}
