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
  runnerLimitMs: 330 * MINUTE,
  probe: { perSecond: 20, timeoutMs: 5 * SECOND, status: [[200, 399]] },
  quantile: 0.95,
  minimumSamples: 50,
  /** The service region US; accounts of the EU have one of their own. */
  pagerdutyUrl: 'https://events.pagerduty.com/v2/enqueue',
} as const;
