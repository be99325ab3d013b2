import { TOKEN_SCOPES } from '../gate-keys.js';

/** What people are told of a key, in the JSON Schema that editors read and in `docs/plan.md`. */
export interface KeyDescription {
  /** `<name>` stands for a name that the user chooses, `[]` for each item of a list. */
  readonly key: string;
  readonly type: string;
  readonly default?: string;
  readonly meaning: string;
  /** For a key that takes a script: how long it may run by default. Its `run` and `timeout` need no line here. */
  readonly timeout?: string;
  /** `${NAME}` is read here. */
  readonly variables?: true;
}

/** The queries of both arms; their form is that of the metric's kind. */
function armKeys(source: 'prometheus' | 'http-json'): readonly KeyDescription[] {
  const isPrometheus = source === 'prometheus';
  return (['canary', 'baseline'] as const).flatMap((arm) => {
    const key = `metrics.<name>.${source}.${arm}`;
    const what = isPrometheus ? 'the query' : 'what stands for `{{query}}`';
    return [
      {
        key,
        type: isPrometheus ? 'query, `{failed, total}` or `{buckets}`' : 'text or `{failed, total}`',
        ...(arm === 'canary' && isPrometheus
          ? {}
          : { default: arm === 'canary' ? 'needed with `{{query}}`' : 'none' }),
        meaning: `What is asked of the ${arm === 'canary' ? 'canary' : 'version in service, at the same time'}: ${what} of a \`gauge\`, or a mapping for the other kinds.`,
      },
      { key: `${key}.failed`, type: 'text', meaning: 'Counts the requests that failed.' },
      { key: `${key}.total`, type: 'text', meaning: 'Counts all requests.' },
      ...(isPrometheus
        ? [
            {
              key: `${key}.buckets`,
              type: 'text',
              meaning: 'The buckets of the latencies, by `le`, or a native histogram.',
            },
          ]
        : []),
    ];
  });
}

export const KEYS: readonly KeyDescription[] = [
  { key: 'service', type: 'name', default: 'the name of the repository', meaning: 'What is released.' },
  {
    key: 'environment',
    type: 'name',
    meaning: 'Where it is released to. Required here or as the input `environment`, which wins.',
  },
  {
    key: 'paths',
    type: 'list of patterns',
    default: '[]',
    meaning:
      'What in the repository belongs to this service. A release without a change there has nothing to do, and a rollback commit touches nothing else.',
  },
  {
    key: 'oidc',
    type: 'true or false',
    default: 'false',
    meaning:
      'Whether scripts keep the two OIDC variables of the runner, so that they can renew cloud credentials.',
  },
  {
    key: 'secrets',
    type: 'list of names',
    default: '[]',
    meaning:
      'Environment variables whose values are secret, beyond those that are recognised by their name. Names, never values.',
  },
  {
    key: 'contacts',
    type: 'list',
    default: '[]',
    meaning: 'The emergency plan: who is to be asked, for what, and how.',
  },
  { key: 'contacts[].name', type: 'text', meaning: 'The person or the rota.' },
  { key: 'contacts[].role', type: 'text', default: 'none', meaning: 'For what to ask them.' },
  {
    key: 'contacts[].github',
    type: '`@person` or `@organisation/team`',
    default: 'none',
    meaning: 'Their name on GitHub.',
  },
  {
    key: 'contacts[].url',
    type: 'URL',
    default: 'none',
    meaning: 'How to reach them; also `mailto:` and `tel:`.',
  },
  { key: 'notify', type: 'list', default: '[]', meaning: 'Who is told how a release ended.' },
  {
    key: 'notify[].slack',
    type: 'URL',
    variables: true,
    meaning:
      'An incoming webhook of Slack. Each target is exactly one of `slack`, `teams`, `pagerduty` and `webhook`.',
  },
  {
    key: 'notify[].teams',
    type: 'URL',
    variables: true,
    meaning: 'A workflow of Microsoft Teams that posts to a channel when a webhook request is received.',
  },
  {
    key: 'notify[].pagerduty',
    type: 'routing key or `{key, url}`',
    variables: true,
    meaning:
      'An Events API v2 integration of PagerDuty. One alert for each service and environment: `promoted` resolves it, all other decisions trigger it; `nothing-to-do` is refused.',
  },
  { key: 'notify[].pagerduty.key', type: 'routing key', variables: true, meaning: 'Of the integration.' },
  {
    key: 'notify[].pagerduty.url',
    type: 'URL',
    default: '`https://events.pagerduty.com/v2/enqueue`',
    variables: true,
    meaning: 'Of the service region, for example `https://events.eu.pagerduty.com/v2/enqueue`.',
  },
  { key: 'notify[].webhook', type: 'URL', variables: true, meaning: 'Gets the result as JSON by POST.' },
  {
    key: 'notify[].events',
    type: 'list',
    meaning:
      'The decisions to tell of: `promoted`, `nothing-to-do`, `waiting`, `paused`, `blocked`, `rolled-back`, `rollback-pending`, `halted`, `rollback-failed`.',
  },
  {
    key: 'overrides',
    type: 'mapping',
    default: 'anybody who may start the workflow by hand',
    meaning: 'Who may open gates by the input `override`.',
  },
  {
    key: 'overrides.from',
    type: 'list of `@person` or `@organisation/team`',
    meaning: 'The actor of the run must be one of them. `override: approvals` is refused without this list.',
  },
  {
    key: 'on-busy',
    type: 'mapping',
    default: '`{do: block}`',
    meaning: 'What a release does while another one of this service and environment is under way.',
  },
  {
    key: 'on-busy.do',
    type: '`wait` or `block`',
    meaning:
      '`wait`: it waits for its turn, in sight, and then asks all gates. `block`: it ends `blocked` (`busy`). Both say who is in the way, since when, with the link.',
  },
  {
    key: 'on-busy.within',
    type: 'duration',
    default: '30m',
    meaning: 'How long it waits at most, on its runner; it counts into `runner-limit`.',
  },
  {
    key: 'promoted-in',
    type: 'mapping',
    default: 'none',
    meaning: 'The order of environments: the same commit must have been promoted there first.',
  },
  { key: 'promoted-in.environment', type: 'name', meaning: 'Of the same service; its ledger is read.' },
  {
    key: 'promoted-in.within',
    type: 'age',
    default: 'however long ago',
    meaning: 'How long ago at most, for example `7d` or `36h`.',
  },
  {
    key: 'requires',
    type: 'mapping',
    default: 'nothing',
    meaning: 'What must be there before anything changes. All that is missing is named at once.',
  },
  {
    key: 'requires.tools',
    type: 'list of tools',
    default: '[]',
    meaning:
      'Programs that scripts need, perhaps with a version: `jq`, `kubectl >= 1.28`; also `>`, `<=`, `<` and `=`.',
  },
  {
    key: 'requires.env',
    type: 'list of names',
    default: '[]',
    meaning: 'Environment variables that must be set. Their values count as secret.',
  },
  {
    key: 'requires.disk',
    type: 'size',
    default: 'any',
    meaning: 'Free space where the scripts run, for example `10GB` or `500MiB`.',
  },
  {
    key: 'requires.checks',
    type: 'list of names',
    default: '[]',
    meaning:
      'Checks or commit statuses that must have succeeded on the commit. Skipped or neutral is not succeeded.',
  },
  {
    key: 'requires.permissions',
    type: 'mapping',
    default: '{}',
    meaning:
      'What the token must be allowed, in the words of a workflow. Tried by requests that leave no trace.',
  },
  ...TOKEN_SCOPES.map((scope) => ({
    key: `requires.permissions.${scope}`,
    type: '`write`',
    default: 'not tried',
    meaning: `The permission \`${scope}\`.`,
  })),
  {
    key: 'window',
    type: 'mapping',
    default: 'always',
    meaning: 'When a release may begin, raise traffic and promote. Going back never waits for it.',
  },
  {
    key: 'window.timezone',
    type: 'IANA time zone',
    meaning: 'Whose clock counts, for example `Europe/Berlin`. GitHub says what time it is, not the runner.',
  },
  {
    key: 'window.open',
    type: 'list of ranges',
    default: 'always, but for `freeze`',
    meaning:
      'For example `Mon-Thu 22:00-05:00` (into the next day), `Sat,Sun 08:00-12:00`, or `06:00-18:00` for every day.',
  },
  {
    key: 'window.freeze',
    type: 'list',
    default: '[]',
    meaning: 'Times without releases, also within `open`.',
  },
  {
    key: 'window.freeze[].from',
    type: 'date, perhaps with a time',
    meaning: 'For example `2026-12-18` or `2026-12-18 18:00`.',
  },
  {
    key: 'window.freeze[].to',
    type: 'date, perhaps with a time',
    meaning: 'A day belongs to the freeze as a whole.',
  },
  { key: 'window.freeze[].reason', type: 'text', meaning: 'Told to everyone who has to wait.' },
  {
    key: 'approvals',
    type: 'list',
    default: '[]',
    meaning: 'Sign-off by role, for each pull request since the last promoted commit.',
  },
  {
    key: 'approvals[].role',
    type: 'one word',
    meaning: 'For example `business`; people write it in `/approve business <commit>`.',
  },
  {
    key: 'approvals[].from',
    type: 'list of `@person` or `@organisation/team`',
    meaning: 'Who may sign off. A team needs a token that can read it, which the one of a job cannot.',
  },
  { key: 'approvals[].count', type: 'whole number', default: '1', meaning: 'How many of them.' },
  {
    key: 'approvals[].self',
    type: 'true or false',
    default: 'false',
    meaning: 'Whether the author of a change may sign it off.',
  },
  {
    key: 'blockers',
    type: 'mapping',
    default: 'none',
    meaning: 'What stops every release while it is open.',
  },
  {
    key: 'blockers.labels',
    type: 'list of labels',
    meaning: 'An open issue with one of them stops a release.',
  },
  {
    key: 'documents',
    type: 'list',
    default: '[]',
    meaning: 'Changed code must come with changed documents, as compared with the last promoted commit.',
  },
  { key: 'documents[].when', type: 'list of patterns', meaning: 'A change to one of these files …' },
  {
    key: 'documents[].require',
    type: 'list of patterns',
    meaning: '… asks for a change under each of these patterns.',
  },
  {
    key: 'documents[].reason',
    type: 'text',
    default: '“Changed code comes with changed documents”',
    meaning: 'Why; shown to whoever must write them.',
  },
  {
    key: 'verify',
    type: 'mapping',
    default: '{}',
    meaning: 'Suites that prove the commit before anything moves, in this order.',
  },
  {
    key: 'verify.parallel',
    type: 'true or false',
    default: 'false',
    meaning:
      'Whether the suites run at the same time. Otherwise one runs after the other, until one does not pass.',
  },
  {
    key: 'verify.feedback',
    type: '`issue`',
    default: 'none',
    meaning:
      'One issue for each service and environment tells of a verification that does not pass, mentions the code owners of the files concerned, and is closed when a later run passes.',
  },
  {
    key: 'verify.<name>',
    type: 'script, with more keys beside it',
    timeout: '30m',
    meaning: 'One suite; it passes by exit code 0 and by all of the evidence that it is asked for.',
  },
  {
    key: 'verify.<name>.retries',
    type: 'whole number',
    default: '0',
    meaning:
      'How often a suite that did not pass is run again, at most 5 times. One that then passes is called flaky.',
  },
  {
    key: 'verify.<name>.env',
    type: 'mapping',
    default: '{}',
    meaning: 'Environment variables for this suite.',
  },
  { key: 'verify.<name>.env.<name>', type: 'text', variables: true, meaning: 'The value.' },
  {
    key: 'verify.<name>.junit',
    type: 'pattern or list of patterns',
    default: 'none',
    meaning:
      'JUnit XML files that the suite writes. No test may fail in them, and at least one must have been executed.',
  },
  {
    key: 'verify.<name>.sarif',
    type: 'pattern or list of patterns',
    default: 'none',
    meaning: 'SARIF 2.1.0 files that the suite writes.',
  },
  {
    key: 'verify.<name>.fail-on',
    type: '`none`, `low`, `medium`, `high` or `critical`',
    default: 'high',
    meaning: 'The least severity of a finding in `sarif` that fails the suite.',
  },
  {
    key: 'verify.<name>.new-only',
    type: 'true or false',
    default: 'false',
    meaning: 'Whether findings that the last promoted release had as well do not fail the suite.',
  },
  {
    key: 'verify.<name>.report',
    type: 'pattern',
    default: 'none',
    meaning:
      'The JSON file with measurements that the suite writes; the pattern matches one file. Needs `limits`.',
  },
  {
    key: 'verify.<name>.limits',
    type: 'mapping',
    default: 'none',
    meaning:
      'What values in `report` may be, by their paths, for example `latency.p95`, `results[0].mean` or `metrics["http.requests"].rate`.',
  },
  {
    key: 'verify.<name>.limits.<name>',
    type: 'limit or list of limits',
    meaning:
      'For example `<= 300` or `>= 99.5`; in percent against the value of the last promoted release: `<= +10%`, `>= -5%`.',
  },
  {
    key: 'backup',
    type: 'mapping or script',
    timeout: '15m',
    default: 'no backup',
    meaning:
      'What is saved before anything moves. A script takes and proves the backup by itself: its exit code is all that is known.',
  },
  {
    key: 'backup.when',
    type: 'list of patterns',
    default: '[]',
    meaning:
      'The backup is taken only if one of these changed since the last promoted commit; always, when that is not known. Without it, always.',
  },
  { key: 'backup.store', type: 'mapping', meaning: 'Where backups are kept.' },
  {
    key: 'backup.store.restic',
    type: 'repository',
    variables: true,
    meaning:
      'A repository of restic, of any kind that restic knows: `s3:`, `sftp:`, `rest:`, `rclone:`, `azure:`, `gs:`, `b2:`, … Its password and credentials come from the environment of the step. A store has exactly one of `restic` and `directory`.',
  },
  {
    key: 'backup.store.timeout',
    type: 'duration',
    default: '5m',
    meaning: 'With `restic`: the longest that the store may neither take nor give a byte.',
  },
  {
    key: 'backup.store.directory',
    type: 'directory',
    variables: true,
    meaning: 'Files of this machine, not encrypted. A relative one starts at the root of the workspace.',
  },
  {
    key: 'backup.store.same-machine',
    type: 'true or false',
    default: 'false',
    meaning:
      'Says that the directory outlasts this machine, or that the loss is acceptable. In an environment named `production` a directory needs it, and so does a repository in one.',
  },
  {
    key: 'backup.sources',
    type: 'mapping',
    meaning: 'What is saved; at least one source. Each is restored into scratch space and compared.',
  },
  {
    key: 'backup.sources.<name>',
    type: '`{postgres}`, `{mysql}`, `{sqlite}`, `{files}`, `{run}` or `{snapshot}`',
    meaning: 'One source.',
  },
  {
    key: 'backup.sources.<name>.postgres',
    type: 'URL',
    variables: true,
    meaning: 'A PostgreSQL database: `postgres://user:password@host:5432/database`.',
  },
  {
    key: 'backup.sources.<name>.schemas',
    type: 'list of names',
    default: '[]',
    meaning: 'Of PostgreSQL: these schemas only, as `pg_dump --schema` takes them.',
  },
  {
    key: 'backup.sources.<name>.tables',
    type: 'list of names',
    default: '[]',
    meaning: 'Of PostgreSQL: these tables only, as `pg_dump --table` takes them.',
  },
  {
    key: 'backup.sources.<name>.mysql',
    type: 'URL',
    variables: true,
    meaning: 'A MariaDB or MySQL database: `mysql://user:password@host:3306/database`.',
  },
  {
    key: 'backup.sources.<name>.scratch',
    type: 'URL',
    variables: true,
    default: 'a server made on this machine',
    meaning:
      'For `postgres` and `mysql`: another server of the same version, where the copy gets a database of its own for as long as it is proved.',
  },
  {
    key: 'backup.sources.<name>.sqlite',
    type: 'path',
    variables: true,
    meaning: 'A SQLite database. A relative path starts at the root of the workspace.',
  },
  {
    key: 'backup.sources.<name>.snapshot',
    type: 'mapping',
    meaning:
      'Three scripts for data of which a service takes snapshots: nothing streams through this machine.',
  },
  {
    key: 'backup.sources.<name>.snapshot.take',
    type: 'bash text',
    meaning: 'Takes a snapshot and prints its id as its last line.',
  },
  {
    key: 'backup.sources.<name>.snapshot.prove',
    type: 'bash text',
    meaning: 'Proves `$RELEASE_BACKUP_ID` as far as `$RELEASE_PROVE` says, by exit code 0.',
  },
  {
    key: 'backup.sources.<name>.snapshot.restore',
    type: 'bash text',
    meaning: 'Restores `$RELEASE_BACKUP_ID`; it is run by a person, by hand.',
  },
  { key: 'backup.sources.<name>.files', type: 'list of patterns', meaning: 'Files in the workspace.' },
  {
    key: 'backup.sources.<name>.run',
    type: 'mapping',
    meaning: 'Three scripts for data that is not files in the workspace.',
  },
  { key: 'backup.sources.<name>.run.produce', type: 'bash text', meaning: 'Prints the data on stdout.' },
  {
    key: 'backup.sources.<name>.run.consume',
    type: 'bash text',
    meaning: 'Reads the data on stdin and restores it into the empty directory `$RELEASE_SCRATCH`.',
  },
  {
    key: 'backup.sources.<name>.run.fingerprint',
    type: 'bash text',
    meaning:
      'Prints a digest as its last line: of the restored copy when `RELEASE_SCRATCH` is set, else of the live data.',
  },
  {
    key: 'backup.sources.<name>.timeout',
    type: 'duration',
    default: '15m for `run`, 2h for the others',
    meaning: 'For each script; for a database, for taking it and for proving it.',
  },
  {
    key: 'backup.sources.<name>.usable',
    type: 'script',
    timeout: '15m',
    default: 'none',
    meaning:
      'Tries out the restored copy, with `prove: usable`: it finds it at `$RELEASE_SCRATCH`, a directory, or `$RELEASE_SCRATCH_URL`, a database. Best the migration of this very release.',
  },
  {
    key: 'backup.prove',
    type: '`taken`, `stored`, `restorable`, `identical` or `usable`',
    default: '`identical`',
    meaning: 'How far each source must be proved; each level includes those before it.',
  },
  {
    key: 'backup.keep',
    type: 'number',
    default: 'all',
    meaning:
      'How many backups of each source are kept. Those of this release and of the last promoted one are never removed.',
  },
  {
    key: 'backup.show-parts',
    type: 'true or false',
    default: 'false in a public repository, else true',
    meaning:
      'Whether the report names tables and files with their rows, sizes and digests, or gives totals only.',
  },
  {
    key: 'in-service',
    type: 'script or `{url, path, within}`',
    timeout: '1m',
    default: 'none',
    meaning: 'The version that serves now: the last line of a script, or a value from an answer.',
  },
  { key: 'in-service.url', type: 'URL', variables: true, meaning: 'Answers with the version.' },
  {
    key: 'in-service.path',
    type: 'text',
    default: 'the whole body',
    meaning: 'Walks a JSON answer, for example `build.version` or `items.0.name`.',
  },
  {
    key: 'in-service.within',
    type: 'duration',
    default: '30s',
    meaning:
      'How long after a promotion or a rollback another version may still answer: a cache, old instances that finish their work.',
  },
  {
    key: 'ready',
    type: 'URL or `{url, within}`',
    default: 'none',
    variables: true,
    meaning: 'Answers 200-399 when the service is ready. Asked after promotion and during the watch.',
  },
  { key: 'ready.url', type: 'URL', variables: true, meaning: 'Asked again until it answers 200-399.' },
  { key: 'ready.within', type: 'duration', default: '2m', meaning: 'How long to ask.' },
  {
    key: 'metrics',
    type: 'mapping',
    default: '{}',
    meaning: 'What decides about each step of the canary, and about the watch.',
  },
  {
    key: 'metrics.<name>',
    type: 'mapping',
    meaning: 'One metric with one source. All that are not advisory must pass.',
  },
  {
    key: 'metrics.<name>.kind',
    type: '`errors`, `latency` or `gauge`',
    meaning:
      'The share of requests that fail, how long they take, or any other value that is read from time to time.',
  },
  {
    key: 'metrics.<name>.probe',
    type: 'mapping',
    meaning: 'The built-in probe. Metrics with an equal probe share its requests.',
  },
  {
    key: 'metrics.<name>.probe.canary',
    type: 'URL or `{url, headers}`',
    variables: true,
    meaning: 'Where the canary answers.',
  },
  {
    key: 'metrics.<name>.probe.canary.url',
    type: 'URL',
    variables: true,
    meaning: 'Where the canary answers.',
  },
  {
    key: 'metrics.<name>.probe.canary.headers',
    type: 'mapping',
    default: '{}',
    meaning: 'Headers of each request, for example the one by which a router picks the canary.',
  },
  {
    key: 'metrics.<name>.probe.canary.headers.<name>',
    type: 'text',
    variables: true,
    meaning: 'The text of the header.',
  },
  {
    key: 'metrics.<name>.probe.baseline',
    type: 'URL or `{url, headers}`',
    default: 'none',
    variables: true,
    meaning: 'Where the version in service answers; measured at the same time, for `worse-by`.',
  },
  {
    key: 'metrics.<name>.probe.baseline.url',
    type: 'URL',
    variables: true,
    meaning: 'Where the version in service answers.',
  },
  {
    key: 'metrics.<name>.probe.baseline.headers',
    type: 'mapping',
    default: '{}',
    meaning: 'Headers of each request.',
  },
  {
    key: 'metrics.<name>.probe.baseline.headers.<name>',
    type: 'text',
    variables: true,
    meaning: 'The text of the header.',
  },
  {
    key: 'metrics.<name>.probe.rate',
    type: 'rate',
    default: '20/s',
    meaning: 'Requests per second to each arm, at most 1000/s.',
  },
  {
    key: 'metrics.<name>.probe.timeout',
    type: 'duration',
    default: '5s',
    meaning: 'A request that takes longer has failed.',
  },
  {
    key: 'metrics.<name>.probe.expect',
    type: 'mapping',
    default: '{status: 200-399}',
    meaning: 'What a good answer is.',
  },
  {
    key: 'metrics.<name>.probe.expect.status',
    type: 'status, range or list of them',
    default: '200-399',
    meaning: 'For example `200`, `200-399` or `[200, 204, 300-399]`.',
  },
  {
    key: 'metrics.<name>.probe.expect.body',
    type: 'text',
    default: 'anything',
    meaning: 'Text that the body must contain.',
  },
  {
    key: 'metrics.<name>.prometheus',
    type: 'mapping',
    meaning: 'Queries of Prometheus and what speaks like it. See [its page](metrics/prometheus.md).',
  },
  {
    key: 'metrics.<name>.prometheus.url',
    type: 'URL',
    variables: true,
    meaning: 'Its address, without the path of the API.',
  },
  {
    key: 'metrics.<name>.prometheus.path',
    type: 'text',
    default: '/api/v1',
    meaning: 'The path of the API: `/loki/api/v1` for Loki, `/prometheus/api/v1` for Mimir.',
  },
  {
    key: 'metrics.<name>.prometheus.headers',
    type: 'mapping',
    default: '{}',
    meaning: 'Headers of each request.',
  },
  {
    key: 'metrics.<name>.prometheus.headers.<name>',
    type: 'text',
    variables: true,
    meaning: 'The text of the header, for example `Bearer ${PROMETHEUS_TOKEN}`.',
  },
  {
    key: 'metrics.<name>.prometheus.tenant',
    type: 'text',
    default: 'none',
    meaning: 'Sent as `X-Scope-OrgID`.',
  },
  {
    key: 'metrics.<name>.prometheus.ca-file',
    type: 'path',
    default: 'none',
    variables: true,
    meaning: 'PEM file with the authorities to trust besides the known ones.',
  },
  {
    key: 'metrics.<name>.prometheus.every',
    type: 'duration',
    default: '15s',
    meaning: 'How often to ask; the interval of the scrapes, or a multiple of it.',
  },
  {
    key: 'metrics.<name>.prometheus.delay',
    type: 'duration',
    default: '2s',
    meaning: 'How late an interval is asked about: as long as a scrape or a log line takes to arrive.',
  },
  {
    key: 'metrics.<name>.prometheus.timeout',
    type: 'duration',
    default: '10s',
    meaning: 'An answer that takes longer is missing.',
  },
  {
    key: 'metrics.<name>.prometheus.unit',
    type: '`s` or `ms`',
    default: 's',
    meaning: 'Only with `kind: latency`: the unit of the buckets.',
  },
  ...armKeys('prometheus'),
  {
    key: 'metrics.<name>.http-json',
    type: 'mapping',
    meaning:
      'Numbers from JSON answers. `{{query}}`, `{{from}}`, `{{to}}` and `{{window}}` in `url`, `body` and `path` stand for what the arm asks and the interval. See [its page](metrics/http-json.md).',
  },
  {
    key: 'metrics.<name>.http-json.preset',
    type: '`datadog`, `newrelic` or `graphite`',
    default: 'none',
    meaning: 'A service whose requests and answers are known; `url` is then its address.',
  },
  { key: 'metrics.<name>.http-json.url', type: 'URL', variables: true, meaning: 'What is asked.' },
  {
    key: 'metrics.<name>.http-json.method',
    type: '`GET` or `POST`',
    default: '`POST` with a body, else `GET`',
    meaning: 'How it is asked.',
  },
  {
    key: 'metrics.<name>.http-json.headers',
    type: 'mapping',
    default: '{}',
    meaning: 'Headers of each request.',
  },
  {
    key: 'metrics.<name>.http-json.headers.<name>',
    type: 'text',
    variables: true,
    meaning: 'The text of the header.',
  },
  {
    key: 'metrics.<name>.http-json.body',
    type: 'text',
    default: 'none',
    variables: true,
    meaning: 'The body of each request.',
  },
  {
    key: 'metrics.<name>.http-json.path',
    type: 'text',
    default: 'the answer is the number',
    meaning: 'Where the number is in the answer, for example `data.0.value`.',
  },
  {
    key: 'metrics.<name>.http-json.ca-file',
    type: 'path',
    default: 'none',
    variables: true,
    meaning: 'PEM file with the authorities to trust besides the known ones.',
  },
  {
    key: 'metrics.<name>.http-json.account',
    type: 'whole number',
    default: 'none',
    meaning: 'Only with `preset: newrelic`, and needed there: the number of the account.',
  },
  {
    key: 'metrics.<name>.http-json.every',
    type: 'duration',
    default: '15s; 1m with a preset',
    meaning: 'How often to ask.',
  },
  {
    key: 'metrics.<name>.http-json.delay',
    type: 'duration',
    default: '0s; 1m with a preset',
    meaning: 'How late an interval is asked about: as long as its data take to arrive.',
  },
  {
    key: 'metrics.<name>.http-json.timeout',
    type: 'duration',
    default: '10s',
    meaning: 'An answer that takes longer is missing.',
  },
  ...armKeys('http-json'),
  {
    key: 'metrics.<name>.run',
    type: 'bash text or `{run, every, timeout}`',
    meaning: 'A script that prints what both arms did, as JSON. See [its page](metrics/run.md).',
  },
  { key: 'metrics.<name>.run.run', type: 'bash text', meaning: 'The script.' },
  { key: 'metrics.<name>.run.every', type: 'duration', default: '15s', meaning: 'How often it runs.' },
  { key: 'metrics.<name>.run.timeout', type: 'duration', default: '1m', meaning: 'How long it may run.' },
  {
    key: 'metrics.<name>.worse-by',
    type: 'margin or list of two',
    default: 'not compared',
    meaning:
      'How much worse than the baseline is too much: percentage points for `errors` (`0.5pp`), a percentage of the baseline (`10%`), a number for a `gauge`. With both (`[0.5pp, 25%]`) worse means worse by both. Given this or `limit`, or both.',
  },
  {
    key: 'metrics.<name>.limit',
    type: 'share, duration or number',
    default: 'none',
    meaning:
      'Judged on the canary alone: at most a share such as `1%` for `errors`, a duration such as `300ms` for `latency`, a number for a `gauge`. `<= 1%` says the same; with `better: higher` it is the least, `>= 5`.',
  },
  {
    key: 'metrics.<name>.quantile',
    type: 'quantile',
    default: 'p95',
    meaning:
      'Only with `kind: latency`: which of the times must not be slower, and is held against the limit; from `p50` to `p99.9`.',
  },
  {
    key: 'metrics.<name>.better',
    type: '`lower` or `higher`',
    default: 'lower',
    meaning: 'Only with `kind: gauge`: whether less or more of it is better.',
  },
  {
    key: 'metrics.<name>.importance',
    type: '`critical`, `normal` or `advisory`',
    default: 'normal',
    meaning: 'An advisory metric is shown and decides nothing; a critical one weighs double.',
  },
  {
    key: 'metrics.<name>.minimum-samples',
    type: 'whole number',
    default: '100, 30 for a `gauge`',
    meaning:
      'With fewer requests of the canary (readings of a gauge) than this nothing passes, over all steps together.',
  },
  {
    key: 'false-alarm',
    type: 'chance',
    default: '1%',
    meaning: 'How often a healthy release may be failed, over all metrics, steps and looks; 0.01% to 20%.',
  },
  {
    key: 'canary',
    type: 'mapping',
    default: 'no canary',
    meaning: 'The new version beside the old one, with a share of the traffic.',
  },
  { key: 'canary.run', type: 'script', timeout: '15m', default: 'none', meaning: 'Starts the canary.' },
  {
    key: 'canary.ready',
    type: 'URL or `{url, within}`',
    default: 'none',
    variables: true,
    meaning: 'Answers 200-399 when the canary is ready.',
  },
  { key: 'canary.ready.url', type: 'URL', variables: true, meaning: 'Asked again until it answers 200-399.' },
  { key: 'canary.ready.within', type: 'duration', default: '2m', meaning: 'How long to ask.' },
  {
    key: 'canary.traffic',
    type: 'bash text or `{run, read}`',
    default: 'none',
    meaning: 'Moves the traffic. Needs `steps`, and they need it. Text is `run` alone.',
  },
  {
    key: 'canary.traffic.run',
    type: 'script',
    timeout: '2m',
    meaning: 'Brings `$RELEASE_WEIGHT` percent to the canary. Must be repeatable; 0 must always work.',
  },
  {
    key: 'canary.traffic.read',
    type: 'script',
    timeout: '1m',
    default: 'none',
    meaning:
      'Prints the weight, an integer from 0 to 100, as its last line. Without it the weight is called unverified.',
  },
  {
    key: 'canary.warm-up',
    type: 'duration',
    default: '0s',
    meaning: 'Wait after each change of weight. What is measured meanwhile does not count.',
  },
  { key: 'canary.steps', type: 'list', default: '[]', meaning: 'The phases of the canary.' },
  {
    key: 'canary.steps[].weight',
    type: 'whole number',
    meaning: 'Percent of the traffic, 1 to 100, rising from step to step.',
  },
  {
    key: 'canary.steps[].for',
    type: 'duration',
    meaning:
      'How long to judge. A step of `0` is judged together with the next one; the last cannot be `0` when there are metrics.',
  },
  {
    key: 'canary.steps[].before',
    type: 'script',
    timeout: '15m',
    default: 'none',
    meaning: 'Runs before the traffic is moved.',
  },
  {
    key: 'canary.early',
    type: 'true or false',
    default: 'false',
    meaning:
      'A step ends as soon as its verdict is in: not before a quarter of it, nor before five minutes or half of it.',
  },
  {
    key: 'canary.on-inconclusive',
    type: '`rollback`, `continue` or `pause`',
    default: 'rollback',
    meaning:
      'What a step leads to that ends without enough evidence. `continue` goes on to the next step, unless a metric is under suspicion or above its limit; the last one promotes only when all has passed. `pause` (with `park`) waits for more evidence, for as long as `park.at-most` allows.',
  },
  {
    key: 'canary.park',
    type: 'mapping',
    default: 'none: the run stays for the whole canary',
    meaning:
      'Waits without a runner: the run ends `paused` at the weight of its step, and `command: resume` goes on. At least one metric that decides comes from a source that remembers (`prometheus`) and is asked about the time between; others are measured for ten seconds at each look.',
  },
  {
    key: 'canary.park.look-every',
    type: 'duration',
    meaning: 'How long after a look the next one is due; `resume` must be started at least as often.',
  },
  {
    key: 'canary.park.at-most',
    type: 'duration',
    meaning: 'How long a release may be parked in all. Past it, the next run takes it back.',
  },
  {
    key: 'canary.ends-at',
    type: '0 or 100',
    default: '0',
    meaning:
      'The weight after promotion. 0: `promote` brings the service itself to the new version, and the canary is retired. 100: all traffic stays on the canary (blue/green).',
  },
  {
    key: 'canary.remove',
    type: 'script',
    timeout: '15m',
    default: 'none',
    meaning: 'Removes what is retired, after promotion and after a rollback.',
  },
  {
    key: 'promote',
    type: 'script',
    timeout: '15m',
    meaning: 'Brings the service to `$RELEASE_TARGET_VERSION`. Required here or as an input.',
  },
  {
    key: 'watch',
    type: 'mapping',
    default: 'no watch',
    meaning: 'Watching after promotion. Needs `ready` or `metrics`.',
  },
  { key: 'watch.for', type: 'duration', meaning: 'How long.' },
  {
    key: 'rollback',
    type: 'bash text or mapping',
    default: '{commit: push}',
    meaning: 'The way back. Text is `run` alone.',
  },
  {
    key: 'rollback.run',
    type: 'bash text',
    default: '`promote` with the previous version as its target',
    meaning: 'Brings the service to `$RELEASE_TARGET_VERSION`, which is then the previous version.',
  },
  { key: 'rollback.timeout', type: 'duration', default: '15m', meaning: 'How long `run` may take.' },
  {
    key: 'rollback.commit',
    type: '`push`, `pull-request` or `none`',
    default: 'push',
    meaning:
      'Whether a failed release leaves a rollback commit, and how. A push becomes a pull request where it could drop the work of others or is refused.',
  },
  {
    key: 'rollback.order',
    type: '`traffic-first` or `commit-first`',
    default: 'traffic-first',
    meaning:
      'With `commit-first` the commit is the deployment (GitOps): it comes before the script, which then waits for the sync.',
  },
  {
    key: 'rollback.branch',
    type: 'branch',
    default: 'the branch of the release, else the default branch',
    meaning: 'Where the rollback commit goes.',
  },
  {
    key: 'rollback.paths',
    type: 'list of patterns',
    default: '`paths`',
    meaning: 'What the rollback commit may touch.',
  },
  {
    key: 'rollback.quiesce',
    type: 'mapping',
    default: 'none',
    meaning:
      'For a rollback by hand with `data: restore`, which needs it. Two scripts that may be run more than once.',
  },
  {
    key: 'rollback.quiesce.on',
    type: 'script',
    timeout: '15m',
    meaning: 'Stops all that writes the data, before its present state is saved.',
  },
  {
    key: 'rollback.quiesce.off',
    type: 'script',
    timeout: '15m',
    meaning:
      'Starts it again: after the restored data and the old version are in their place, or when nothing was touched.',
  },
  {
    key: 'rollback.irreversible-when',
    type: 'list of patterns',
    default: '[]',
    meaning:
      'A release that changes one of these files cannot be taken back: before promotion its traffic goes to 0, after it nothing moves, and people are told (`halted`).',
  },
  {
    key: 'last-resort',
    type: 'script',
    timeout: '15m',
    default: 'none',
    meaning: 'The temporary way out, when the rollback itself fails: a maintenance page, an old copy.',
  },
  {
    key: 'runner-limit',
    type: 'duration',
    default: '5h30m',
    meaning:
      'The longest that the job may run. A plan whose steps, warm-ups, readiness and watch may take longer is refused.',
  },
  {
    key: 'environments',
    type: 'mapping',
    default: 'any environment, as the plan stands',
    meaning: 'What differs per environment. Once given, other environments than these are unknown.',
  },
  {
    key: 'environments.<name>',
    type: 'mapping of the keys above',
    meaning:
      'Laid over the plan: mappings merge, lists and single values replace, `null` removes. `service` and `environment` stay above.',
  },
];

const SCRIPT_PARTS = {
  run: 'The bash text. Values reach it through the environment only.',
  timeout: 'How long it may run.',
} as const;

/** The text for a key; the parts of a script are described once for all of them. */
export function describeKey(key: string): string | null {
  const own = KEYS.find((each) => each.key === key);
  if (own !== undefined) return describe(own);
  const [, parent, part] = /^(.+)\.(run|timeout)$/.exec(key) ?? [];
  const script = KEYS.find((each) => each.key === parent);
  if (script?.timeout === undefined) return null;
  return part === 'run' ? SCRIPT_PARTS.run : `${SCRIPT_PARTS.timeout} Default: ${script.timeout}.`;
}

function describe({ meaning, default: fallback, variables }: KeyDescription): string {
  return [
    meaning,
    fallback === undefined ? '' : `Default: ${fallback}.`,
    variables ? '`${NAME}` is read here.' : '',
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}
