const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** What holds where the plan says nothing; times in milliseconds. */
export const DEFAULTS = {
  timeout: {
    script: 15 * MINUTE,
    verify: 30 * MINUTE,
    traffic: 2 * MINUTE,
    read: MINUTE,
    data: 120 * MINUTE,
  },
  /** How long a store of backups may neither take nor give a byte. */
  storeMs: 5 * MINUTE,
  readyWithinMs: 2 * MINUTE,
  versionWithinMs: 30 * SECOND,
  busyWithinMs: 30 * MINUTE,
  runnerLimitMs: 330 * MINUTE,
  probe: { perSecond: 20, timeoutMs: 5 * SECOND, status: [[200, 399]] },
  /** As code scanning of GitHub fails a pull request. */
  failOn: 'high',
  quantile: 0.95,
  /** Below these a verdict would rest on a handful of samples. */
  minimumSamples: { errors: 100, latency: 100, gauge: 30 },
  falseAlarm: 0.01,
  prometheus: { path: '/api/v1', everyMs: 15 * SECOND, delayMs: 2 * SECOND, timeoutMs: 10 * SECOND },
  httpJson: { everyMs: 15 * SECOND, delayMs: 0, timeoutMs: 10 * SECOND },
  /** Services that collect what agents send: it is complete after about a minute, in steps of one. */
  preset: { everyMs: MINUTE, delayMs: MINUTE },
  run: { everyMs: 15 * SECOND, timeoutMs: MINUTE },
  /** The service region US; accounts of the EU have one of their own. */
  pagerdutyUrl: 'https://events.pagerduty.com/v2/enqueue',
} as const;
