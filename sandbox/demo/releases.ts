import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Behaviour, exportRepository, releaseFiles, repositoryDirectory } from '../shop/checkout.js';

/** One release of the demo: what changes, what is said before it, and how it has to end. */
export interface Release {
  readonly version: string;
  readonly behaviour: Behaviour;
  readonly heading: string;
  readonly story: string;
  readonly message: string;
  /** Beside the new version itself. */
  readonly changes?: () => Promise<Changes>;
  readonly expected: { readonly decision: 'promoted' | 'rolled-back'; readonly inService: string };
}

/** Path → new text; null takes the file away. */
type Changes = Readonly<Record<string, string | null>>;

export const PLAN = '.github/gated-release.yml';
export const WORKFLOW = '.github/workflows/release.yml';

export const RELEASES: readonly Release[] = [
  {
    version: '1.1',
    behaviour: 'good',
    heading: 'a good version, with the plan',
    story: `The repository has a plan, ${PLAN}: test the commit; take a backup, restore it and compare; give a
      canary 10 % and then 50 % of the users, and compare it with 1.0, each for 15 s or until it is shown to be
      as good; promote it; watch it for a while. 1.1 is fine and should go through, and need not wait that long.`,
    message: 'Release 1.1',
    expected: { decision: 'promoted', inService: '1.1' },
  },
  {
    version: '1.2',
    behaviour: 'errors-5-percent',
    heading: 'a bad version, with the same plan',
    story: `1.2 answers 5 % of the requests with an error. Its tests do not notice, and nobody knows yet. The plan
      allows 1 %, and one percentage point more than 1.1, so the judge should see it while few users meet it:
      traffic goes back first, then the change is taken back in git.`,
    message: 'Release 1.2: a faster price list',
    expected: { decision: 'rolled-back', inService: '1.1' },
  },
  {
    version: '1.3',
    behaviour: 'good',
    heading: 'a good version, without any plan',
    story: `This commit, on top of the rollback commit, also removes the plan. What is left are five inputs in the
      workflow, and the version: environment, promote, in-service, ready and watch. There is no canary: the shop's
      own script brings 1.3 to everyone at once; then the version is read back and watched.`,
    message: 'Release 1.3, with five lines instead of the plan',
    changes: async () => ({ [PLAN]: null, [WORKFLOW]: await fiveLines() }),
    expected: { decision: 'promoted', inService: '1.3' },
  },
  {
    version: '1.4',
    behaviour: 'spoils-orders',
    heading: 'a version that spoils the orders',
    story: `The plan is back. 1.4 answers every request, so nothing stops it: but where everybody is on it, it sets
      the amount of every order to 0. Its release took a backup of the orders, in SQLite, before anything moved.`,
    message: 'Release 1.4: tidy up what was ordered twice',
    changes: planAndWorkflow,
    expected: { decision: 'promoted', inService: '1.4' },
  },
];

/** What comes after the last release: a person takes it back, with its data. */
export const RESTORE = {
  name: '1.4-back',
  heading: 'a person takes 1.4 back, with its data',
  story: `Somebody sees the orders, and dispatches the rollback with data: restore. What is there is saved first; then
    the backup of before 1.4 is restored beside it, proved identical, and put in its place by a rename. Meanwhile
    the shop shows its maintenance page.`,
  workflow: '.github/workflows/restore.yml',
  reason: 'The amount of every order is 0',
  inService: '1.3',
} as const;

async function planAndWorkflow(): Promise<Changes> {
  const files = await exportRepository();
  return Object.fromEntries([PLAN, WORKFLOW].map((path) => [path, files[path]?.content ?? null]));
}

/** All that the commit of a release changes. */
export async function changesOf(release: Release): Promise<Changes> {
  const version = Object.entries(releaseFiles(release.version, release.behaviour));
  return {
    ...Object.fromEntries(version.map(([path, { content }]) => [path, content])),
    ...(await release.changes?.()),
  };
}

/** The workflow that needs no plan. */
export function fiveLines(): Promise<string> {
  return readFile(join(repositoryDirectory(), '..', '..', 'demo', 'five-lines.yml'), 'utf8');
}
