import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { briefCanary, errorsOf, expectBlocked, expectDecision, shortPlan, warningsOf } from './claims.js';
import { checkText } from './expect-end.js';
import { INSIDE } from './inside.js';
import { play } from './play.js';
import { type Released, SCRIPTS, type Scenario } from './scenario.js';

/** Keeps the environment as the script has it, in a file that the test reads. */
const dump = (name: string): string => `env -0 > "$SERVICE/env-${name}"\n`;

function environment(scenario: Scenario, name: string): Readonly<Record<string, string>> {
  const text = readFileSync(join(scenario.service.directory, `env-${name}`), 'utf8');
  const pairs = text.split('\0').filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}

function verify(run: string, timeout = '30s'): Record<string, unknown> {
  return { suite: { run, timeout } };
}

test.concurrent(
  'scripts get the release as variables on both ways, and nothing by which to speak to the runner',
  play(
    {
      plan: shortPlan({
        canary: briefCanary({
          traffic: { run: `${dump('traffic-$RELEASE_STAGE')}${SCRIPTS.traffic}`, read: SCRIPTS.weight },
        }),
        promote: { run: `${dump('promote')}${SCRIPTS.promote}; exit 4` },
        rollback: { run: `${dump('rollback')}${SCRIPTS.rollback}`, commit: 'none' },
        'last-resort': { run: 'echo "last resort" >> "$SERVICE/calls"' },
      }),
    },
    async (scenario) => {
      const done = await scenario.release({ version: '1.1', env: { MINE: 'stays', STATE_MINE: 'goes' } });
      expectDecision(scenario, done, { decision: 'rolled-back', reason: 'promote-failed' });
      const release = {
        RELEASE_ID: done.outputs['release-id'],
        RELEASE_SERVICE: 'shop',
        RELEASE_ENVIRONMENT: 'production',
        RELEASE_VERSION: '1.1',
        RELEASE_SHA: done.sha,
        RELEASE_PREVIOUS_VERSION: '1.0',
        RELEASE_PREVIOUS_SHA: '',
        RELEASE_WAVE: '',
        RELEASE_FENCE: '1',
      };
      const forward = { RELEASE_TARGET_VERSION: '1.1', RELEASE_TARGET_SHA: done.sha, RELEASE_REASON: '' };
      const back = {
        RELEASE_TARGET_VERSION: '1.0',
        RELEASE_TARGET_SHA: '',
        RELEASE_REASON: 'promote-failed',
      };
      const wanted = {
        'traffic-canary': { ...forward, RELEASE_STAGE: 'canary', RELEASE_WEIGHT: '50' },
        promote: { ...forward, RELEASE_STAGE: 'promote', RELEASE_WEIGHT: '50' },
        'traffic-rollback': { ...back, RELEASE_STAGE: 'rollback', RELEASE_WEIGHT: '0' },
        rollback: { ...back, RELEASE_STAGE: 'rollback', RELEASE_WEIGHT: '0' },
      };
      for (const [name, own] of Object.entries(wanted)) {
        const env = environment(scenario, name);
        expect({ name, ...only(env, /^RELEASE_/) }).toEqual({ name, ...release, ...own });
        expect(only(env, /^(INPUT_|ACTIONS_|STATE_)|^GITHUB_(ENV|OUTPUT|PATH|STATE|STEP_SUMMARY)$/)).toEqual(
          {},
        );
        expect(env).toMatchObject({ MINE: 'stays', RUNNER_TRACKING_ID: expect.stringContaining('github_') });
        expect(Object.values(env).join('\n')).not.toContain('ghs_job_token');
      }
      expect(scenario.service.calls()).not.toContain('last resort');
    },
  ),
);

test.concurrent(
  'with `oidc: true` exactly the two variables of OIDC stay; nothing waits for input; `last-resort` stays unused',
  play(
    {
      plan: shortPlan({
        oidc: true,
        verify: verify('cat; read -r line || echo "no input"'),
        promote: { run: `${dump('promote')}${SCRIPTS.promote}` },
        'last-resort': { run: 'echo "last resort" >> "$SERVICE/calls"' },
      }),
    },
    async (scenario) => {
      const done = await scenario.release({ version: '1.1' });
      expectDecision(scenario, done, { decision: 'promoted', reason: 'all-gates-passed' });
      expect(Object.keys(only(environment(scenario, 'promote'), /^ACTIONS_/)).sort()).toEqual([
        'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
        'ACTIONS_ID_TOKEN_REQUEST_URL',
      ]);
      expect(done.log).toContain('no input');
      expect(scenario.service.calls()).toEqual(['promote 1.1']);
    },
  ),
);

test.concurrent(
  'workflow commands in the output of a script are shown and not obeyed',
  play(
    {
      ...INSIDE,
      plan: shortPlan({
        verify: verify(
          [
            'echo "::set-output name=decision::forged"',
            'echo "::save-state name=ended::forged"',
            'echo "  ::error::forged error"',
            'echo "::stop-commands::forged-token"',
            'echo "##[error]forged too"',
            'echo "::add-mask::a-value-to-hide"',
            'echo "here is a-value-to-hide"',
            'printf "::notice::forged without an end"',
          ].join('\n'),
        ),
      }),
    },
    async (scenario) => {
      const done = await scenario.release({ version: '1.1' });
      expectDecision(scenario, done, { decision: 'promoted', reason: 'all-gates-passed' });
      const annotations = done.job.steps.flatMap((step) => step.annotations);
      expect(annotations.filter(({ message }) => message.includes('forged'))).toEqual([]);
      expect(done.job.steps.map(({ state }) => JSON.stringify(state)).join()).not.toContain('forged');
      expect(JSON.stringify(done.outputs)).not.toContain('forged');
      expect(done.log).toContain('::save-state name=ended::forged');
      expect(done.log).toContain('here is ***');
      expect(done.log).not.toContain('a-value-to-hide');
    },
  ),
);

const SECRETS = {
  SHOP_TOKEN: 'tok/en+of the=shop',
  CUSTOMER: 'Müller & Söhne',
  DATABASE_URL: 'postgres://shop:p4ss%2Fword@db.example/orders',
};
const PRINT_SECRETS = [
  'for secret in "$SHOP_TOKEN" "$CUSTOMER" "$DATABASE_URL" announced-by-mask; do',
  '  [ "$secret" = announced-by-mask ] && echo "::add-mask::$secret"',
  '  echo "plain $secret"; echo "base64 $(printf %s "$secret" | base64 -w0)"',
  `  echo "url $(node -e 'console.log(encodeURIComponent(process.argv[1]))' "$secret")"`,
  'done',
].join('\n');

test.concurrent(
  'a secret that a script prints appears nowhere: log, check, ledger, outputs, summary, notification',
  play(
    {
      ...INSIDE,
      plan: shortPlan({
        secrets: ['CUSTOMER'],
        verify: verify(`${PRINT_SECRETS}\nexit 1`),
        notify: [{ webhook: '${SERVICE_URL}/hook', events: ['blocked'] }],
      }),
    },
    async (scenario) => {
      const refused = await scenario.release({ version: `1.1-${SECRETS.SHOP_TOKEN}`, env: SECRETS });
      expectBlocked(scenario, refused, { reason: 'input-invalid' });
      const done = await scenario.release({ version: '1.1', env: SECRETS });
      expectBlocked(scenario, done, { reason: 'verify-failed' });
      expect(checkText(scenario, done.sha, 'verify')).toContain('plain ***');
      const everything = await allTold(scenario, done);
      for (const secret of [
        ...Object.values(SECRETS),
        'announced-by-mask',
        'p4ss/word',
        'shop:p4ss%2Fword',
      ]) {
        const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '');
        for (const form of [
          secret,
          base64,
          encodeURIComponent(secret),
          JSON.stringify(secret).slice(1, -1),
        ]) {
          expect(found(everything, form)).toEqual([]);
        }
      }
    },
  ),
);

test.concurrent(
  '100 MB of output pass, and neither the log nor the memory takes them all',
  play(
    {
      plan: shortPlan({
        verify: verify(`head -c 100000000 /dev/zero | tr '\\0' x | fold -w 200; echo the end`),
      }),
    },
    async (scenario) => {
      let peak = 0;
      const begun = await scenario.begin({ version: '1.1' });
      const looking = setInterval(() => {
        peak = Math.max(peak, residentBytes(begun.job.mainPid()));
      }, 20);
      const done = await begun.done;
      clearInterval(looking);
      expectDecision(scenario, done, { decision: 'promoted', reason: 'all-gates-passed' });
      expect(done.log.length).toBeLessThan(18 * 1024 * 1024);
      expect(done.log).toMatch(/\d+ MiB more not shown/);
      expect(peak).toBeGreaterThan(0);
      expect(peak).toBeLessThan(400 * 1024 * 1024);
    },
  ),
);

test.concurrent(
  'a suite that hangs is ended within its timeout, with all that it started',
  play(
    { ...INSIDE, plan: shortPlan({ verify: verify('echo waiting; setsid sleep 300 & sleep 301', '1s') }) },
    async (scenario) => {
      const done = await scenario.release({ version: '1.1' });
      expectBlocked(scenario, done, {
        reason: 'verify-timed-out',
        says: ['did not end within its timeout of 1 s', 'raise its `timeout`'],
      });
      expect(checkText(scenario, done.sha, 'verify')).toContain('waiting');
    },
  ),
);

test.concurrent(
  'a promotion that hangs is ended and taken back',
  play(
    { ...INSIDE, plan: shortPlan({ promote: { run: `${SCRIPTS.promote}; sleep 300`, timeout: '1s' } }) },
    async (scenario) => {
      const done = await scenario.release({ version: '1.1' });
      expectDecision(scenario, done, {
        decision: 'rolled-back',
        reason: 'script-timed-out',
        says: ['`promote` did not end within its timeout of 1 s'],
      });
      expect(scenario.service.calls()).toEqual(['promote 1.1', 'rollback 1.0']);
      expect(scenario.service.stable()).toBe('1.0');
    },
  ),
);

test.concurrent(
  'what a script leaves running is ended and named, and the release goes on',
  play(
    { ...INSIDE, plan: shortPlan({ promote: { run: `${SCRIPTS.promote}; sleep 300 &` } }) },
    async (scenario) => {
      const done = await scenario.release({ version: '1.1' });
      expectDecision(scenario, done, { decision: 'promoted', reason: 'all-gates-passed' });
      expect(warningsOf(done).join('\n')).toMatch(
        /promote ended but left .*sleep 300.* running, which is ended now/,
      );
      expect(done.job.steps[0]?.durationMs).toBeLessThan(30_000);
    },
  ),
);

test.concurrent(
  'a script that is missing, that may not be run, or that fails is told with what to do and its last lines',
  play({ ...INSIDE, plan: null, files: { 'deploy.sh': '#!/bin/sh\nexit 0\n' } }, async (scenario) => {
    const verified = async (run: string): Promise<Released> =>
      scenario.release({
        version: '1.1',
        with: { environment: 'production', promote: SCRIPTS.promote, verify: run },
      });

    const locked = await verified('./deploy.sh');
    expectBlocked(scenario, locked, { reason: 'verify-failed', says: ['exited with code 126'] });
    expect(checkText(scenario, locked.sha, 'verify')).toContain('git update-index --chmod=+x ./deploy.sh');

    const missing = await verified('./deply.sh');
    expectBlocked(scenario, missing, { reason: 'verify-failed', says: ['exited with code 127'] });
    expect(checkText(scenario, missing.sha, 'verify')).toContain('`./deply.sh` was not found');

    const failing = await verified('echo "cart: expected 3, got 4"; exit 5');
    expectBlocked(scenario, failing, {
      reason: 'verify-failed',
      says: ['exited with code 5', 'Mend what its last lines name'],
    });
    expect(checkText(scenario, failing.sha, 'verify')).toContain('cart: expected 3, got 4');
    expect(failing.summary).toContain('cart: expected 3, got 4');
    expect(errorsOf(failing).join('\n')).toContain('exited with code 5');
    const { recent } = (await scenario.current()) as { recent: { decision: string }[] };
    expect(recent.map(({ decision }) => decision)).toEqual(['blocked', 'blocked', 'blocked']);
  }),
);

function only(env: Readonly<Record<string, string>>, name: RegExp): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).filter(([each]) => name.test(each)));
}

/** All that left the step, by where it went; the files of the ledger as they can be read there. */
async function allTold(scenario: Scenario, done: Released): Promise<Readonly<Record<string, string>>> {
  const { github, service } = scenario;
  const bodies = github.requests.map(({ body }) => JSON.stringify(body) ?? '');
  const files = bodies.flatMap((body) =>
    [...body.matchAll(/"contents":"([^"]*)"/g)].map(([, text = '']) =>
      Buffer.from(text, 'base64').toString(),
    ),
  );
  const history = await github.git('log', '-p', '--format=%B', 'gated-release/shop/production');
  expect(history).toContain('verify-failed');
  expect(service.posted()).toHaveLength(1);
  return {
    // The runner shows the inputs of a step before it begins.
    log: done.log.slice(done.log.indexOf('##[endgroup]')),
    summary: done.summary,
    outputs: JSON.stringify(
      done.job.steps.map(({ outputs, state, annotations }) => [outputs, state, annotations]),
    ),
    bodies: bodies.join('\n'),
    files: files.join('\n'),
    history,
    notification: service.posted().join('\n'),
  };
}

function found(everything: Readonly<Record<string, string>>, secret: string): readonly string[] {
  return Object.entries(everything).flatMap(([where, text]) => {
    const at = text.indexOf(secret);
    return at < 0 ? [] : [`${where}: ${text.slice(Math.max(0, at - 60), at + 60)}`];
  });
}

function residentBytes(pid: number | null): number {
  if (pid === null) return 0;
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    // It ended between the question and the answer.
    return 0;
  }
}
