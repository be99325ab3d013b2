import { timestamp } from './clock.js';
import { identityOf, personNow } from './rest/commit.js';
import { findPull, note, type PullRecord } from './rest/pulls.js';
import { personOf } from './tokens.js';
import type { World } from './world.js';

export type MergeWay = 'merge' | 'squash' | 'rebase';

export interface PullOptions {
  readonly head: string;
  /** The default branch by default. */
  readonly base?: string;
  readonly title?: string;
  readonly by: string;
}

/** A person opens a pull request. */
export async function openPull(world: World, options: PullOptions): Promise<PullRecord> {
  const base = options.base ?? world.defaultBranch;
  const now = timestamp(world.now());
  const pull: PullRecord = {
    ...{ id: world.nextId(), number: world.nextNumber(), author: personOf(options.by), createdAt: now },
    ...{ head: options.head, base, headSha: await tip(world, options.head), baseSha: await tip(world, base) },
    ...{ title: options.title ?? 'A change', body: null, draft: false, state: 'open', labels: [] },
    ...{ updatedAt: now, closedAt: null, mergedAt: null, mergeCommit: null, brought: [] },
    events: [],
  };
  world.pulls.push(pull);
  return pull;
}

/** A person presses the green button. Gives the commit that the base then points to. */
export async function mergePull(
  world: World,
  number: number,
  asked: { way: MergeWay; by: string },
): Promise<string> {
  const pull = await findPull(world, String(number));
  const from = await tip(world, pull.base);
  const brought = await commitsOf(world, { pull, from, ...asked });
  const to = brought.at(-1) ?? from;
  await world.git.change([{ name: `refs/heads/${pull.base}`, from, to }]);
  const now = timestamp(world.now());
  Object.assign(pull, {
    ...{ state: 'closed', mergedAt: now, closedAt: now, updatedAt: now },
    ...{ baseSha: from, mergeCommit: to, brought },
  });
  note(world, pull, 'merged');
  return to;
}

async function commitsOf(
  world: World,
  { pull, from, way, by }: { pull: PullRecord; from: string; way: MergeWay; by: string },
): Promise<string[]> {
  const github = personNow(world, { name: 'GitHub', email: 'noreply@github.com' });
  const write = async (tree: string | null, parents: string[], author: string, message: string) => {
    if (tree === null) throw new Error(`The pull request #${pull.number} has conflicts.`);
    const person = personNow(world, identityOf(personOf(author)));
    return world.git.writeCommit({
      tree,
      parents,
      author: person,
      committer: github,
      message: `${message}\n`,
    });
  };
  const whole = await world.git.merge(from, pull.headSha);
  if (way === 'squash')
    return [await write(whole, [from], pull.author.login, `${pull.title} (#${pull.number})`)];
  if (way === 'merge') {
    const message = `Merge pull request #${pull.number} from ${world.owner}/${pull.head}\n\n${pull.title}`;
    return [await write(whole, [from, pull.headSha], by, message)];
  }
  const made: string[] = [];
  for (const oid of await world.git.revisions('--reverse', `${from}..${pull.headSha}`)) {
    const onto = made.at(-1) ?? from;
    const message = (await world.git.commit(oid))?.message ?? '';
    made.push(await write(await world.git.merge(onto, oid), [onto], pull.author.login, message.trimEnd()));
  }
  return made;
}

async function tip(world: World, branch: string): Promise<string> {
  const oid = (await world.git.reference(`refs/heads/${branch}`))?.oid;
  if (oid === undefined) throw new Error(`There is no branch ${branch}.`);
  return oid;
}
