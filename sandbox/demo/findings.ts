import { setTimeout as sleep } from 'node:timers/promises';
import type { Performed } from './perform.js';
import type { World } from './world.js';

/** What a release did not do as it should have; empty when all is well. Each a sentence. */
export async function findingsOf(world: World, performed: Performed): Promise<string[]> {
  const { release, step, after, job } = performed;
  const { expected, version } = release;
  const decision = step.outputs.decision ?? 'none';
  const findings: string[] = [];
  const expect = (holds: boolean, what: string) => {
    if (!holds) findings.push(`${version}: ${what}.`);
  };
  expect(decision === expected.decision, `the decision is ${decision}, expected ${expected.decision}`);
  expect(
    after.inService === expected.inService,
    `${after.inService ?? 'nothing'} is in service, expected ${expected.inService}`,
  );
  expect(after.weight === 0, `the canary still has ${after.weight} % of the traffic`);
  expect(world.shop.version('canary') === null, 'the canary still runs');
  expect(
    job.status === (expected.decision === 'promoted' ? 'success' : 'failure'),
    `the job ended as ${job.status}`,
  );
  const left = job.swept.map(({ command }) => command).join('; ');
  expect(left === '', `the job left processes running: ${left}`);
  if (expected.decision === 'rolled-back') findings.push(...(await rollbackFindings(world, performed)));
  return findings;
}

/** The rollback commit must be on main, and its tree what it was before the release. */
async function rollbackFindings({ github }: World, performed: Performed): Promise<string[]> {
  const { version } = performed.release;
  const commit = performed.step.outputs['rollback-commit'] ?? '';
  if (commit === '') return [`${version}: there is no rollback commit.`];
  const onMain = (await github.git('rev-list', 'main')).split('\n');
  if (!onMain.includes(commit))
    return [`${version}: the rollback commit ${commit.slice(0, 7)} is not on main.`];
  const changed = await github.git('diff', '--name-only', `${performed.sha}^`, commit);
  return changed === ''
    ? []
    : [
        `${version}: after the rollback commit these files differ from before: ${changed.split('\n').join(', ')}.`,
      ];
}

/** What was off with the stage itself, once everything has been stopped. */
export async function leftBehind(world: World): Promise<string[]> {
  const { violations } = world.github;
  const children = await childrenLeft();
  return [
    ...violations.map(
      ({ direction, route, problems }) =>
        `A ${direction} is not what GitHub's description of ${route} allows: ${problems.join('; ')}.`,
    ),
    ...(children === 0 ? [] : [`${children} processes of the demo are still running.`]),
  ];
}

/** Children of this process; one that has just ended is still counted for a moment. */
async function childrenLeft(): Promise<number> {
  for (let attempt = 0; ; attempt++) {
    const count = process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;
    if (count === 0 || attempt === 20) return count;
    await sleep(50);
  }
}
