import { FILES, LEDGER } from './files.js';
import type { Performed } from './perform.js';
import type { Screen } from './screen.js';
import { factOf, seconds, table } from './text.js';
import type { World } from './world.js';

const INDENT = '   ';

/** What is left of the releases: in git, on GitHub, in files. */
export async function close(options: {
  readonly world: World;
  readonly performed: readonly Performed[];
  readonly screen: Screen;
}): Promise<void> {
  const { world, performed, screen } = options;
  const show = (heading: string, lines: readonly string[]) => {
    screen.line();
    screen.line(screen.paint('bold', heading));
    for (const line of lines) screen.line(`${INDENT}${line}`);
  };
  const rows = (cells: readonly (readonly string[])[]) => table(cells, screen.width - INDENT.length);
  show('The decisions', rows(decisions(performed)));
  show('main (git log --oneline --graph, with trailers)', await mainLog(world));
  show(`The ledger, branch ${LEDGER} (git log --oneline)`, await ledgerLog(world));
  show('Checks of each commit', rows(checks(world, performed)));
  show('Deployments to production', rows(deployments(world, performed)));
}

export function decisions(performed: readonly Performed[]): string[][] {
  return [
    ['release', 'decision', 'why', 'in service', 'traffic', 'requests', 'on canary', 'failed', 'took'],
    ...performed.map(({ release, step, after, users, tookMs }) => [
      release.version,
      step.outputs.decision ?? 'none',
      step.outputs['reason-code'] ?? '',
      after.inService ?? 'nothing',
      after.weight === 0 ? 'whole' : `${after.weight} % on the canary`,
      String(users.total),
      String(users.onCanary),
      String(users.failed),
      seconds(tookMs),
    ]),
  ];
}

async function mainLog({ github }: World): Promise<string[]> {
  const format = '%h %s (%an)%n%(trailers:only,unfold)';
  const log = await github.git('log', '--graph', `--format=${format}`, 'main');
  return log
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => !/^[|\s]*$/.test(line));
}

async function ledgerLog({ github }: World): Promise<string[]> {
  return (await github.git('log', '--format=%h %s', LEDGER)).split('\n');
}

function checks({ github }: World, performed: readonly Performed[]): string[][] {
  return performed.flatMap(({ release, sha }) =>
    github
      .checkRuns(sha)
      .filter(({ ofJob }) => !ofJob)
      .map(({ name, conclusion, title }, index) => [
        index === 0 ? `${release.version} ${sha.slice(0, 7)}` : '',
        name,
        conclusion ?? 'pending',
        factOf(title),
      ]),
  );
}

function deployments({ github }: World, performed: readonly Performed[]): string[][] {
  return github
    .deployments()
    .map(({ sha, statuses }) => [
      `${performed.find((one) => one.sha === sha)?.release.version ?? '?'} ${sha.slice(0, 7)}`,
      statuses.map(({ state }) => state).join(' > '),
      statuses.at(-1)?.description ?? '',
    ]);
}

/** Where to look, and at what. */
export function whereToLook(options: {
  readonly place: string;
  readonly written: Readonly<Record<string, readonly string[]>>;
  readonly screen: Screen;
}): void {
  const { place, written, screen } = options;
  const versions = Object.keys(written);
  const rows = Object.entries(FILES).map(([name, what]) => {
    const having = versions.filter((version) => written[version]?.includes(name));
    return [`${having.length > 1 ? `{${having.join(',')}}` : having.join('')}/${name}`, what];
  });
  screen.line();
  screen.line(screen.paint('bold', `Files, in ${place}`));
  const all = [...rows, ['shop.git', 'the repository: clone it, or look at it with git log --all']];
  for (const line of table(all, screen.width - INDENT.length)) screen.line(`${INDENT}${line}`);
}
