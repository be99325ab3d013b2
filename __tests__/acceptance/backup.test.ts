import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRepositories, PASSWORD, partsOf, type Repositories } from '../backup/stores/repository.js';
import { needs } from '../components.js';
import { play } from './play.js';
import { quickPlan } from './quick-plan.js';
import { SCRIPTS, type Scenario } from './scenario.js';
import { until } from './until.js';

needs('restic')('a release that backs up into restic', () => {
  let repositories: Repositories;
  beforeAll(() => {
    repositories = createRepositories();
  });
  afterAll(() => repositories.remove());

  const config = (currency: string) => ({ 'config/shop.json': JSON.stringify({ currency }) });
  const plan = (backup: object, promote: string = SCRIPTS.promote) =>
    quickPlan({
      metrics: null,
      canary: null,
      promote,
      backup: { store: { restic: '${REPOSITORY}', 'same-machine': true }, ...backup },
    });
  const sources = { settings: { files: ['config/**'] } };
  const stage = (result: Record<string, unknown>) =>
    (result.stages as { name: string; verdict: string; summary: string; evidence: string[] }[]).find(
      ({ name }) => name === 'backup',
    );

  test(
    'takes it when it is needed, keeps what the last promoted release needs, and tells people how it comes back',
    play(
      { plan: plan({ sources, when: ['config/**'], keep: 1, 'show-parts': true }), files: config('EUR') },
      async (scenario) => {
        const repository = repositories.make();
        const env = { ...repositories.variables, REPOSITORY: repository };
        const first = await scenario.release({ version: '1.1', env });
        expect(first.decision).toBe('promoted');
        const backedUp = (await scenario.events(first.outputs['release-id'] ?? '')).find(
          ({ type }) => type === 'backed-up',
        );
        expect(backedUp).toMatchObject({ source: 'settings', store: 'restic', proved: 'identical' });
        expect(stage(first.result)?.evidence.join('\n')).toContain(
          '`config/shop.json` (file 0644): 18 bytes',
        );

        const second = await scenario.release({ version: '1.2', env });
        expect(second.decision).toBe('promoted');
        expect(stage(second.result)).toMatchObject({
          verdict: 'skipped',
          summary: expect.stringContaining('nothing under config/** changed since 1.1'),
        });

        const bad = plan({ sources, when: ['config/**'], keep: 1 }, `${SCRIPTS.promote}; exit 1`);
        const sha = await scenario.commit({ ...config('USD'), '.github/gated-release.yml': bad });
        const third = await scenario.release({ version: '1.3', sha, env });
        expect(third.decision).toBe('rolled-back');
        const id = snapshotsIn(repository)[0];
        expect(snapshotsIn(repository)).toHaveLength(1);
        const incident = JSON.stringify(scenario.github.issues()[0]);
        expect(incident).toContain(`RESTIC_REPOSITORY=\\"\${REPOSITORY}\\" restic dump ${id} /settings.tar`);
        for (const text of [third.log, incident]) expect(text).not.toContain(PASSWORD);
      },
    ),
  );

  test(
    'leaves no snapshot when it is killed in the middle of one, however suddenly',
    play(
      {
        plan: plan({
          sources: {
            orders: {
              run: {
                produce: 'head -c 3000000 /dev/urandom; touch "$SERVICE/half"; sleep 60',
                consume: 'cat > "$RELEASE_SCRATCH/orders"',
                fingerprint: 'echo orders',
              },
            },
          },
        }),
      },
      async (scenario) => {
        const repository = repositories.make();
        const env = { ...repositories.variables, REPOSITORY: repository };
        const { job, done } = await scenario.begin({ version: '1.1', env });
        await until(() => hasHalf(scenario));
        job.kill('SIGKILL');
        expect((await done).decision).not.toBe('promoted');
        expect(snapshotsIn(repository)).toEqual([]);
      },
    ),
  );
});

function snapshotsIn(repository: string): readonly string[] {
  return partsOf(repository, 'snapshots').map((path) => path.slice(-64, -56));
}

function hasHalf({ service }: Scenario): boolean {
  return readdirSync(join(service.directory)).includes('half');
}
