import type { Behaviour } from '../shop/checkout.js';
import type { Performed } from './perform.js';
import type { Screen } from './screen.js';
import { hang, percentOf } from './text.js';
import type { World } from './world.js';

const LABEL = 12;
const INDENT = '   ';

/** How one release ended, for a person. */
export async function outcome(
  world: World,
  { performed, screen }: { readonly performed: Performed; readonly screen: Screen },
): Promise<void> {
  const { step, after } = performed;
  const { decision = 'none', 'reason-code': reason = 'no reason given' } = step.outputs;
  const colour = decision === 'promoted' ? 'green' : 'red';
  screen.line();
  screen.line(
    `${INDENT}${'decision'.padEnd(LABEL)}${screen.paint(colour, decision)} (${reason}), the job ends as ${performed.job.status}`,
  );
  const traffic =
    after.weight === 0 ? 'all traffic is on it' : `${after.weight} % of the traffic is on a canary`;
  labelled(screen, 'in service', `${after.inService ?? 'nothing'}; ${traffic}`);
  labelled(screen, 'users', usersText(performed));
  const rollback = await rollbackText(world, performed);
  if (rollback !== null) labelled(screen, 'rollback', rollback);
}

function labelled(screen: Screen, label: string, text: string): void {
  for (const line of hang(`${INDENT}${label.padEnd(LABEL)}`, text, screen.width)) screen.line(line);
}

function usersText({ release, users }: Performed): string {
  const failed = users.failed === 0 ? 'none failed' : `${users.failed} failed (${percentOf(users)})`;
  const met = users.onCanary === 0 ? '' : `, ${users.onCanary} met the canary`;
  const percent = errorPercent(release.behaviour);
  const all = Math.round((users.total * percent) / 100);
  const spared =
    percent === 0 ? '' : `. Given to everyone, ${release.version} would have failed ${all} of them`;
  return `${users.total} requests meanwhile${met}, ${failed}${spared}`;
}

function errorPercent(behaviour: Behaviour): number {
  return Number(/^errors-(\d+)-percent$/.exec(behaviour)?.[1] ?? 0);
}

async function rollbackText({ github }: World, { step }: Performed): Promise<string | null> {
  const commit = step.outputs['rollback-commit'] ?? '';
  if (commit === '') return null;
  const [subject = '', files = ''] = await Promise.all([
    github.git('log', '-1', '--format=%s', commit),
    github.git('diff', '--name-only', `${commit}^`, commit),
  ]);
  return `commit ${commit.slice(0, 7)} on main, "${subject}", brings back ${files.split('\n').join(', ')}`;
}
