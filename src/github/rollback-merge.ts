import picomatch from 'picomatch';
import type { Client } from './client.js';
import { listDifferences, type Roots } from './differences.js';
import { failureOf } from './errors.js';
import { type Merge, mergeListings, type Scope } from './merge.js';
import { blobsOf, type MergedFiles, mergeFiles } from './merge-files.js';
import { sideBySide } from './side-by-side.js';
import type { Trees } from './trees.js';

const WORKFLOWS = '.github/workflows/';
const READS_AT_ONCE = 12;
/** Blobs that are read for one rollback: a token has a thousand requests an hour. */
const MOST_BLOBS = 450;

export interface MergeReader {
  /** Reads the contents. */
  readonly client: Client;
  readonly trees: Trees;
}

/** Merges three trees within `paths`, from what GitHub holds. Rejects as Octokit does. */
export async function mergeTrees(
  { client, trees }: MergeReader,
  {
    roots,
    paths,
    renamed = new Map(),
  }: {
    readonly roots: Roots;
    readonly paths: readonly string[];
    /** Old → new path of what was renamed on the branch. */
    readonly renamed?: ReadonlyMap<string, string>;
  },
): Promise<MergedFiles> {
  const all = [roots.base, roots.ours, roots.theirs];
  const sides = await listDifferences(roots, (ids) => trees.read(ids, all));
  const merge = mergeListings({ ...sides, scope: scopeOf(paths), renamed });
  return mergeFiles(merge, await readBlobs(client, merge));
}

function scopeOf(paths: readonly string[]): (path: string) => Scope {
  const belongs = paths.length === 0 ? () => true : picomatch([...paths], { dot: true });
  return (path) => {
    if (!belongs(path)) return 'outside';
    return path.startsWith(WORKFLOWS) ? 'kept' : 'free';
  };
}

async function readBlobs(client: Client, merge: Merge): Promise<ReadonlyMap<string, Buffer | null>> {
  const blobs = new Map<string, Buffer | null>();
  await sideBySide(blobsOf(merge).slice(0, MOST_BLOBS), {
    limit: READS_AT_ONCE,
    work: async (id) => blobs.set(id, await readBlob(client, id)),
  });
  return blobs;
}

/** null for one that GitHub does not hand out: it does so up to 100 MB. */
async function readBlob({ octokit, at }: Client, id: string): Promise<Buffer | null> {
  try {
    const { data } = await octokit.request('GET /repos/{owner}/{repo}/git/blobs/{file_sha}', {
      ...at,
      file_sha: id,
    });
    return Buffer.from(data.content, 'base64');
  } catch (error) {
    if (['forbidden', 'refused'].includes(failureOf(error).kind)) return null;
    throw error;
  }
}
