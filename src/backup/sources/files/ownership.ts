import { chmodSync, lchownSync, lstatSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { Breath } from '../../breath.js';
import { BackupProblem, messageOf } from '../../problem.js';
import type { SourceContext } from '../../provider.js';
import { statIfThere } from './stat.js';
import { walk } from './walk.js';

/** Whatever is restored belongs to whom the live one belongs, or where there is none, the directory that it is in. */
export async function giveToOwners(restored: string, context: SourceContext): Promise<void> {
  const breath = new Breath(context.signal);
  for await (const { path, type, mode } of walk(restored, { signal: context.signal })) {
    if (breath.isDue()) await breath.take();
    const target = `${restored}/${path}`;
    const { uid, gid } = likeIn(context.workspace, path);
    const own = lstatSync(target);
    if (own.uid === uid && own.gid === gid) continue;
    give(path, () => lchownSync(target, uid, gid));
    // Who gives a program away takes its right to run as somebody else.
    if (type !== 'link' && (mode & 0o6000) !== 0) chmodSync(target, mode);
  }
}

function likeIn(workspace: string, path: string): Stats {
  const live = statIfThere(`${workspace}/${path}`);
  if (live !== null) return live;
  return path === '.' ? lstatSync(workspace) : likeIn(workspace, dirname(path));
}

function give(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw new BackupProblem(
      'failed',
      `${JSON.stringify(path)} belongs to another user or group, which the user that runs this job cannot give a restored one to (${messageOf(error)}); run the rollback as root or as its owner, or restore it by the command of the report`,
      error,
    );
  }
}
