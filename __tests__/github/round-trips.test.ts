import { afterEach, describe, expect, test } from '@jest/globals';
import type { RequestRecord } from '../../sandbox/github/records.js';
import type { SeedCommit } from '../../sandbox/github/seed.js';
import { as, requestOf } from './rollbacks.js';
import { roundTrips } from './round-trips.js';
import { makeTemplate, startWorld, type Template, type World } from './world.js';

let template: Template | undefined;
let world: World | undefined;

afterEach(async () => {
  await world?.stop();
  template?.remove();
});

/** A release that changed so many files, evenly spread over so many folders, while others worked elsewhere. */
async function released(count: number, folders: number): Promise<{ world: World; from: string; to: string }> {
  const files = (text: string): SeedCommit['files'] =>
    Object.fromEntries(
      Array.from({ length: count }, (_, n) => [`src/part-${n % folders}/file-${n}.txt`, `${text} ${n}\n`]),
    );
  template = await makeTemplate({ ...files('good'), 'docs/a.md': 'a\n' }, files('bad'), {
    'docs/a.md': 'later\n',
  });
  world = await startWorld(template);
  const [to = '', from = ''] = template.commits;
  return { world, from, to };
}

const cases = [
  // files, folders, round trips, requests
  [1, 1, 12, 16],
  [100, 20, 12, 17],
  // As many folders as a change of 5,000 files has in the benchmark, which counts that one.
  [1_000, 250, 16, 21],
] as const;

describe('a rollback', () => {
  test.each(cases)(
    'of %i files in %i folders takes at most %i round trips, %i requests',
    async (...given) => {
      const [count, folders, trips, requests] = given;
      const { world: at, from, to } = await released(count, folders);
      // Slow enough that what is asked at once is seen at once.
      at.github.latencyMs = 40;
      const outcome = as('done', await patient(at).rollback(requestOf({ from, to })));
      expect(outcome.files).toHaveLength(count);
      expect(await at.github.git('diff', '--name-only', to, 'main')).toBe('docs/a.md');
      const sent = at.github.requests;
      const figures = `${roundTrips(sent)} round trips, ${sent.length} requests: ${routesOf(sent)}`;
      expect([roundTrips(sent) <= trips, sent.length <= requests, figures]).toEqual([true, true, figures]);
    },
  );

  test('of more than GitHub lists at once reads only the trees that differ', async () => {
    const { world: at, from, to } = await released(60, 30);
    const body = { sha: from, url: 'https://x.example/', truncated: true, tree: [] };
    at.github.fault({ match: { path: /recursive=1/ }, kind: 'status', status: 200, body, times: 3 });
    as('done', await at.connect().hub.reverter.rollback(requestOf({ from, to })));
    expect(await at.github.git('diff', '--name-only', to, 'main')).toBe('docs/a.md');
    // Three roots, three `src`, and 30 folders of two sides: those of the head are those of the release.
    const trees = at.github.requests.filter(({ route }) => route === 'git/get-tree');
    expect(trees).toHaveLength(3 + 3 + 2 + 60);
  });

  test('of a branch that stands at the release still makes no tree', async () => {
    const { world: at, from, to } = await released(100, 20);
    await at.github.git('update-ref', 'refs/heads/main', from);
    as('done', await at.connect().hub.reverter.rollback(requestOf({ from, to })));
    expect(at.github.requests.filter(({ route }) => route === 'git/create-tree')).toEqual([]);
  });
});

/** An answer that is late on a busy machine would be asked for again, and be counted twice. */
function patient(at: World) {
  return at.connect('job', { requestTimeoutMs: 30_000 }).hub.reverter;
}

function routesOf(requests: readonly RequestRecord[]): string {
  const counts = new Map<string, number>();
  for (const { route } of requests) counts.set(route, (counts.get(route) ?? 0) + 1);
  return [...counts].map(([route, count]) => `${route} ${count}`).join(', ');
}
