/** Plans whose scripts the simulated platform knows by name. Times are short, so that a schedule is. */
const timeout = (run: string, time = '5m') => ({ run, timeout: time });

const probe = { canary: 'https://canary/', baseline: 'https://stable/', rate: '100/s', timeout: '1s' };

const whole = {
  service: 'shop',
  environment: 'production',
  verify: { functional: timeout('verify') },
  backup: timeout('backup'),
  'in-service': timeout('version', '10s'),
  ready: { url: 'https://stable/', within: '30s' },
  metrics: { errors: { kind: 'errors', probe, limit: '1%', 'minimum-samples': 100 } },
  canary: {
    run: timeout('canary'),
    ready: { url: 'https://canary/', within: '30s' },
    traffic: { run: timeout('route', '30s'), read: timeout('weight', '10s') },
    steps: [
      { weight: 10, for: '15s' },
      { weight: 50, for: '15s', before: timeout('before') },
    ],
    remove: timeout('remove'),
  },
  promote: timeout('promote'),
  watch: { for: '15s' },
  rollback: timeout('rollback'),
  'last-resort': timeout('maintenance'),
};

const { verify, backup, metrics, canary, watch, ...rest } = whole;

/** Has all that is needed to bring another release to safety, and little work of its own. */
const brisk = { ...rest, canary: { ...canary, steps: [{ weight: 50, for: 0 }] } };

/** What is promoted writes data, which can be brought back. */
const data = {
  ...rest,
  backup: {
    store: { directory: '/backups', 'same-machine': true },
    sources: { orders: { sqlite: '/data/shop.db' } },
  },
  rollback: { ...timeout('rollback'), quiesce: { on: timeout('quiesce-on'), off: timeout('quiesce-off') } },
};

const requests = (version: string) => ({
  failed: `failed{version="${version}"}`,
  total: `requests{version="${version}"}`,
});

/** A day at three weights, judged by what Prometheus remembers. */
const day = {
  ...whole,
  watch: null,
  metrics: {
    errors: {
      kind: 'errors',
      prometheus: {
        url: '${PROMETHEUS}',
        every: '1m',
        canary: requests('canary'),
        baseline: requests('stable'),
      },
      'worse-by': '0.5pp',
    },
  },
  canary: {
    ...canary,
    steps: [
      { weight: 5, for: '8h' },
      { weight: 25, for: '8h' },
      { weight: 50, for: '8h' },
    ],
  },
};
const park = { 'look-every': '30m', 'at-most': '26h' };
const brief = {
  ...day.canary,
  steps: [
    { weight: 5, for: '40m' },
    { weight: 50, for: '40m' },
  ],
};

export const PLANS = {
  whole,
  plain: rest,
  brisk,
  data,
  briskWithData: { ...brisk, backup: data.backup, rollback: data.rollback },
  hasty: { ...whole, 'on-busy': { do: 'wait', within: '1m' } },
  patient: { ...whole, 'on-busy': { do: 'wait', within: '40m' } },
  parked: { ...day, canary: { ...day.canary, park, 'on-inconclusive': 'pause' } },
  parkedBriefly: { ...day, canary: { ...brief, park } },
  parkedWithProbe: {
    ...day,
    metrics: { ...day.metrics, ready: { ...whole.metrics.errors, limit: '5%' } },
    canary: { ...brief, park },
  },
  staying: { ...day, canary: brief },
  unseen: { ...whole, 'in-service': null, ready: null },
  noScript: { ...whole, rollback: null },
} as const satisfies Record<string, object>;
export type PlanName = keyof typeof PLANS;

export function planText(name: PlanName): string {
  const entries = Object.entries(PLANS[name]).filter(([, value]) => value !== null);
  return JSON.stringify(Object.fromEntries(entries));
}
