import type { MetricVerdict, Verdict } from '../../src/judge/verdict.js';
import type { Decision } from '../../src/release/decisions.js';
import type { Effect, NewEvent, ReleaseEvent, StageName, Started } from '../../src/release/events.js';
import type { ReasonCode } from '../../src/release/reasons.js';
import { fold, type ReleaseState } from '../../src/release/state.js';
import type { Links, ReleaseEnd } from '../../src/report/end.js';

export const SHA = 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678';
export const OLD_SHA = '0123456789abcdef0123456789abcdef01234567';
export const RELEASE = '20261122-100000-a1b2c3d-9f3e';

export const LINKS: Links = {
  run: 'https://github.com/acme/shop/actions/runs/4711',
  ledger: 'https://github.com/acme/shop/tree/gated-release/shop/production',
  report: `https://github.com/acme/shop/blob/gated-release/shop/production/${RELEASE}/report.md`,
  repository: 'https://github.com/acme/shop',
};

/** Tells a release event by event; each method moves the clock. */
export class Story {
  readonly events: ReleaseEvent[] = [];
  #now = Date.parse('2026-11-22T10:00:00.000Z');

  constructor(started: Partial<Started> = {}) {
    this.add({
      type: 'started',
      schema_version: 1,
      release: RELEASE,
      service: 'shop',
      environment: 'production',
      version: '1.2.0',
      sha: SHA,
      previous: { version: '1.1.0', sha: OLD_SHA },
      branch: 'main',
      actor: 'alice',
      trigger: 'push',
      reason: null,
      overrides: [],
      run: { id: '4711', attempt: '1', job: '99', url: LINKS.run },
      owner: 'b9a1',
      fence: 3,
      plan: { source: '.github/gated-release.yml', digest: 'sha256:0011223344556677' },
      steps: [5, 25, 50],
      kind: 'release',
      mends: [],
      irreversible: null,
      ...started,
    });
  }

  get state(): ReleaseState {
    return fold(this.events);
  }

  after(seconds: number): this {
    this.#now += seconds * 1000;
    return this;
  }

  add(event: NewEvent): this {
    this.events.push({ ...event, at: new Date(this.#now).toISOString() } as ReleaseEvent);
    return this.after(1);
  }

  begins(stage: StageName): this {
    return this.add({ type: 'stage-started', stage });
  }

  ends(
    stage: StageName,
    verdict: Verdict | 'skipped',
    more: { reason?: ReasonCode; summary?: string; evidence?: string[] } = {},
  ): this {
    const { reason = null, summary = `${stage} said so`, evidence = [] } = more;
    return this.add({ type: 'stage-ended', stage, verdict, reason, summary, evidence });
  }

  passes(stage: StageName, seconds: number, summary?: string): this {
    return this.begins(stage)
      .after(seconds)
      .ends(stage, 'passed', summary === undefined ? {} : { summary });
  }

  does(effect: Effect, more: { ok?: boolean; seconds?: number; note?: string } = {}): this {
    const { ok = true, seconds = 4, note } = more;
    this.add({ type: 'intent', effect, timeout_ms: 60_000 }).after(seconds);
    return this.add({
      type: 'outcome',
      effect,
      ok,
      duration_ms: seconds * 1000,
      ...(note === undefined ? {} : { note }),
    });
  }

  moves(weight: number, more: { ok?: boolean; verified?: boolean } = {}): this {
    const { ok = true, verified = true } = more;
    this.add({ type: 'intent', effect: 'traffic', weight, timeout_ms: 60_000 });
    return this.add({ type: 'outcome', effect: 'traffic', ok, weight, verified, duration_ms: 800 });
  }

  judges(weight: number, metrics: MetricVerdict[], stage: 'canary' | 'promote' = 'canary'): this {
    const verdict = metrics.find((metric) => metric.verdict !== 'passed')?.verdict ?? 'passed';
    const at = this.#now;
    return this.add({
      type: 'judged',
      stage,
      weight,
      verdict,
      reason: verdict === 'passed' ? 'Shown to be good enough: errors.' : 'errors broke the limit.',
      combined: { logE: 0.1, logLimit: 4.6 },
      metrics,
      trail: [
        { at: at - 60_000, worse: 0, good: { errors: 0.2 } },
        { at, worse: verdict === 'failed' ? 1.2 : -0.1, good: { errors: 1.1 } },
      ],
    });
  }

  reads(version: string | null): this {
    return this.add({ type: 'read-back', version });
  }

  over(decision: Decision, reason: ReasonCode, summary: string): this {
    const { weight, inService } = this.state;
    return this.add({ type: 'ended', decision, reason, summary, weight, in_service: inService ?? null });
  }
}

export function errors(value: number | null, more: Partial<MetricVerdict> = {}): MetricVerdict {
  return {
    metric: 'errors',
    kind: 'errors',
    importance: 'normal',
    quantile: null,
    verdict: value === null ? 'errored' : value > 0.01 ? 'failed' : 'passed',
    reason:
      value === null
        ? 'the target refused the connection'
        : `${value * 100} % of the requests failed, limit 1 %`,
    samples: 12_041,
    value,
    limit: 0.01,
    baseline: 0.0012,
    evidence: evidence('errors', value, 0.0012),
    ...more,
  };
}

export function latency(value: number, more: Partial<MetricVerdict> = {}): MetricVerdict {
  return {
    metric: 'latency',
    kind: 'latency',
    importance: 'normal',
    quantile: 0.95,
    verdict: value > 300 ? 'failed' : 'passed',
    reason: `p95 is ${value} ms, limit 300 ms`,
    samples: 12_041,
    value,
    limit: 300,
    baseline: 181.2,
    evidence: evidence('latency', value, 181.2),
    ...more,
  };
}

/** Evidence of a metric with a limit alone; `compared` makes it one with a margin. */
export function evidence(
  kind: MetricVerdict['kind'],
  value: number | null,
  baseline: number,
): MetricVerdict['evidence'] {
  const failed = kind === 'errors' ? Math.round((value ?? 0) * 12_041) : null;
  return {
    kind,
    importance: 'normal',
    says: 'continue',
    lack: null,
    lacks: null,
    canary: { samples: 12_041, failed, value, interval: null },
    baseline: { samples: 12_000, failed: null, value: baseline, interval: null },
    effect: {
      scale: 'difference',
      value: value === null ? null : value - baseline,
      interval: { low: null, high: null },
      margins: null,
      effectiveMargin: null,
    },
    weight: 0,
    fail: { logE: 0, logLimit: null },
    pass: { logE: 0, logLimit: null },
    limit: {
      value: kind === 'errors' ? 0.01 : 300,
      broken: false,
      kept: true,
      fail: { logE: -1, logLimit: 5.3 },
    },
    phi: 1,
    twoIntervals: false,
    coverage: { measuredMs: 600_000, missingMs: 0, canaryMissingMs: 0, until: null, problem: null },
    needed: null,
  };
}

/** The same evidence with a margin: half a percentage point, or ten percent. */
export function compared(metric: MetricVerdict): MetricVerdict {
  const worseBy =
    metric.kind === 'errors' ? { absolute: 0.005, relative: null } : { absolute: null, relative: 0.1 };
  const { evidence: found } = metric;
  return {
    ...metric,
    limit: null,
    evidence: {
      ...found,
      weight: 0.5,
      effect: {
        ...found.effect,
        interval: { low: -0.001, high: 0.0035 },
        margins: { failAbove: worseBy, passBelow: worseBy },
      },
      fail: { logE: -0.4, logLimit: 5.3 },
      pass: { logE: 3.4, logLimit: 3 },
      limit: null,
      needed: { verdict: 'pass', requests: 1200 },
    },
  };
}

/** A release that went through all gates. */
export function promoted(): Story {
  return gates(new Story())
    .begins('canary')
    .does('canary', { seconds: 40 })
    .moves(5)
    .after(600)
    .judges(5, [errors(0.0021), latency(201.4)])
    .moves(25)
    .after(600)
    .judges(25, [errors(0.0018), latency(214.9)])
    .moves(50)
    .after(1200)
    .judges(50, [errors(0.0016), latency(233)])
    .ends('canary', 'passed', { summary: 'healthy at 5 %, 25 %, 50 %' })
    .begins('promote')
    .does('promote', { seconds: 65 })
    .moves(0)
    .reads('1.2.0')
    .does('remove')
    .after(600)
    .judges(0, [errors(0.0011, { baseline: null }), latency(199.1, { baseline: null })], 'promote')
    .ends('promote', 'passed', {
      summary: '1.2.0 is in service, read back',
      evidence: [
        '- Read back: 1.2.0 is in service',
        '- Watch: `errors` passed: 0.11 % of the requests failed, limit 1 %',
      ],
    })
    .over('promoted', 'all-gates-passed', '1.2.0 is in service, read back');
}

/** A release whose canary failed at 25 %, taken back wholly, with a rollback commit. */
export function rolledBack(): Story {
  const why = 'at 25 %: errors: 5.12 % of 12,041 requests failed, limit 1 %';
  return failing(why)
    .does('rollback', { seconds: 12 })
    .does('remove')
    .reads('1.1.0')
    .add({ type: 'intent', effect: 'rollback-commit', timeout_ms: 0 })
    .add({
      type: 'rollback-commit',
      result: 'done',
      url: null,
      commit: 'c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00',
      note: '2 files went back',
      files: ['shop/server.js', 'shop/package.json'],
      commands: [],
    })
    .add({ type: 'outcome', effect: 'rollback-commit', ok: true, duration_ms: 900 })
    .ends('rollback', 'passed', {
      summary: 'traffic is back, read back; 1.1.0 is in service, read back; rollback commit c0ffee0',
    })
    .over('rolled-back', 'metric-failed', why);
}

/** A release that could not be taken back: the rollback script failed and the commit is left to a person. */
export function rollbackFailed(): Story {
  const why = 'at 25 %: errors: 5.12 % of 12,041 requests failed, limit 1 %';
  return failing(why)
    .does('rollback', { ok: false, seconds: 12, note: '`rollback` exited with code 7 after 12.0 s' })
    .does('last-resort')
    .add({
      type: 'rollback-commit',
      result: 'none',
      url: null,
      commit: null,
      note: 'server.js was changed since by another commit',
      files: ['shop/server.js'],
      commands: ['git fetch origin main', 'git revert --no-edit a1b2c3d', 'git push origin HEAD:main'],
    })
    .ends('rollback', 'failed', {
      reason: 'rollback-script-failed',
      summary: 'the release could not be taken back wholly: `rollback` exited with code 7 after 12.0 s',
      evidence: [
        '- `rollback` exited with code 7',
        'The last lines of `rollback`:',
        '```text',
        'connecting...',
        'no route to host',
        '```',
      ],
    })
    .over(
      'rollback-failed',
      'rollback-script-failed',
      `the release could not be taken back wholly: \`rollback\` exited with code 7. It went back because ${why}`,
    );
}

/** What `end` tells of a story, with what the caller adds to it. */
export function endOf(story: Story, more: Partial<ReleaseEnd> = {}): ReleaseEnd {
  const { state } = story;
  return {
    decision: state.ended?.decision ?? 'blocked',
    reason: state.ended?.reason ?? 'interrupted',
    summary: state.ended?.summary ?? '',
    service: state.started.service,
    environment: state.started.environment,
    version: state.started.version,
    sha: state.started.sha,
    state,
    links: LINKS,
    permissions: [],
    contacts: [],
    dryRun: false,
    notes: [],
    ...more,
  };
}

/** An end before anything was recorded. */
export function earlyEnd(more: Partial<ReleaseEnd> = {}): ReleaseEnd {
  return {
    decision: 'blocked',
    reason: 'plan-invalid',
    summary: 'plan.yml:3 `verfy` is not a key',
    service: '',
    environment: '',
    version: null,
    sha: null,
    state: null,
    links: { ...LINKS, ledger: null, report: null },
    permissions: [],
    contacts: [],
    dryRun: false,
    notes: [],
    ...more,
  };
}

function gates(story: Story): Story {
  return story
    .passes('plan', 1, '1.2.0 may be released; the way back is 1.1.0')
    .begins('verify')
    .after(94)
    .ends('verify', 'passed', {
      summary: '2 of 2 suites passed',
      evidence: ['- `functional` succeeded after 61.2 s', '- `security` succeeded after 32.8 s'],
    })
    .begins('backup')
    .after(31)
    .ends('backup', 'passed', {
      summary: '1 of 1 sources restored and found identical',
      evidence: [
        '- `settings` (files): proved identical, 20,480 bytes in 3 files, SHA-256 `9f86d081884c7d65`',
      ],
    });
}

function failing(why: string): Story {
  return gates(new Story())
    .begins('canary')
    .does('canary', { seconds: 40 })
    .moves(5)
    .after(600)
    .judges(5, [errors(0.0041), latency(201.4)])
    .moves(25)
    .after(184)
    .judges(25, [errors(0.0512), latency(214.9)])
    .ends('canary', 'failed', {
      reason: 'metric-failed',
      summary: why,
      evidence: [
        '- 5 %: `errors` passed: 0.41 % of 12,041 requests failed',
        '- 25 %: `errors` failed: 5.12 % of 12,041 requests failed',
      ],
    })
    .add({ type: 'failing', reason: 'metric-failed', summary: why })
    .begins('rollback')
    .moves(0);
}
