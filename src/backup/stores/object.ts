import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { chunksOf } from '../chunks.js';
import type { StoredObject } from '../entry.js';
import { BackupProblem, messageOf, systemCode } from '../problem.js';

/** Where an object lies below `objects/`: the first two digits of its hash are a directory. */
export function objectPath(sha256: string): string {
  return `${sha256.slice(0, 2)}/${sha256.slice(2)}`;
}

/** The content of the object at `path`. It fails, naming the object, unless it is to the last byte what was stored. */
export async function* readObject(path: string, { sha256, size }: StoredObject): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw damaged(
      path,
      systemCode(error) === 'ENOENT' ? 'is missing' : `cannot be read: ${messageOf(error)}`,
    );
  });
  try {
    const hash = createHash('sha256');
    let seen = 0;
    for await (const chunk of chunksOf(file, size)) {
      seen += chunk.length;
      // Longer than it was: stop here instead of handing out what was never stored.
      if (seen > size) break;
      hash.update(chunk);
      yield chunk;
    }
    if (seen !== size)
      throw damaged(
        path,
        `has ${seen > size ? 'more than ' : ''}${Math.min(seen, size)} bytes instead of ${size}`,
      );
    const found = hash.digest('hex');
    if (found !== sha256) throw damaged(path, `has the SHA-256 ${found} instead of ${sha256}`);
  } catch (error) {
    throw error instanceof BackupProblem ? error : damaged(path, `cannot be read: ${messageOf(error)}`);
  } finally {
    await file.close();
  }
}

/** Whether the object at `path` is there and sound. */
export async function isSound(path: string, object: StoredObject): Promise<boolean> {
  try {
    for await (const _chunk of readObject(path, object));
    return true;
  } catch {
    // Missing or damaged, it will be written anew; why does not matter here.
    return false;
  }
}

function damaged(path: string, how: string): BackupProblem {
  return new BackupProblem(
    'damaged',
    `the stored object ${path} ${how}; check the disk it lies on, and take the backup again: a damaged object is then replaced`,
  );
}
