import type { Approval, DocumentRule, Overrides, PromotedIn, Requires, Window } from './gate-keys.js';

/**
 * The normalised plan: what a release of one service does in one environment.
 *
 * It has one form, whether it came from a file or from script inputs: durations are milliseconds, shares are
 * fractions (`1%` is 0.01), lists are present (perhaps empty), and a stage without configuration is `null`.
 * `${NAME}` stands unexpanded in it, so that it can be stored, compared and digested without a secret in it.
 */
export interface Plan {
  /** Where it came from, for messages: the path of the file, or `inputs`. */
  readonly source: string;
  /** Matches `[a-z0-9][a-z0-9._-]{0,62}`. */
  readonly service: string;
  readonly environment: string;
  /** Globs of what belongs to this service; empty when not given. */
  readonly paths: readonly string[];
  /** Whether scripts keep the two OIDC variables of the runner. */
  readonly oidc: boolean;
  /** Names of environment variables whose values are secret, beyond those recognised by their name. */
  readonly secrets: readonly string[];
  readonly contacts: readonly Contact[];
  readonly notify: readonly NotifyTarget[];
  readonly overrides: Overrides | null;
  /** What a release does while another one of the same service is under way. */
  readonly onBusy: OnBusy;
  readonly promotedIn: PromotedIn | null;
  readonly requires: Requires;
  readonly window: Window | null;
  /** One sign-off for each; roles are unique. */
  readonly approvals: readonly Approval[];
  /** Open issues with one of these labels stop a release. */
  readonly blockers: { readonly labels: readonly string[] };
  readonly documents: readonly DocumentRule[];
  /** In the order of the file. */
  readonly verify: readonly Suite[];
  readonly verification: Verification;
  readonly backup: Backup | null;
  readonly inService: VersionSource | null;
  readonly ready: Readiness | null;
  readonly metrics: readonly Metric[];
  /** The chance that a healthy release is failed, over all metrics and looks: 0.01 is 1 %. */
  readonly falseAlarm: number;
  readonly canary: Canary | null;
  readonly promote: Script | null;
  readonly watch: { readonly forMs: number } | null;
  readonly rollback: Rollback;
  readonly lastResort: Script | null;
  /** The longest the job may run; a plan that needs more is a plan error. */
  readonly runnerLimitMs: number;
}

export interface OnBusy {
  readonly do: 'wait' | 'block';
  /** How long it waits at most; of no meaning for `block`. */
  readonly withinMs: number;
}

export interface Contact {
  readonly name: string;
  readonly role?: string;
  readonly github?: string;
  readonly url?: string;
}

/** Where a JSON body goes by POST for each of the named decisions. `url` and `key` may name variables. */
export type NotifyTarget =
  | { readonly kind: 'slack' | 'teams' | 'webhook'; readonly url: string; readonly events: readonly string[] }
  | {
      readonly kind: 'pagerduty';
      /** The routing key of an integration of the Events API v2. */
      readonly key: string;
      readonly url: string;
      readonly events: readonly string[];
    };

/** A bash script. */
export interface Script {
  readonly run: string;
  readonly timeoutMs: number;
}

export interface Suite extends Script {
  readonly name: string;
  /** How often it is run again after it failed. */
  readonly retries: number;
  /** Variables for this suite alone; the values may name variables of the step. */
  readonly env: Readonly<Record<string, string>>;
  /** What it leaves behind to be judged, besides its exit code. */
  readonly evidence: readonly EvidenceSource[];
}

/** How the suites are run, and who is told when one does not pass. */
export interface Verification {
  /** All at the same time, instead of one after the other until one fails. */
  readonly parallel: boolean;
  readonly feedback: 'issue' | null;
}

/** Files that a suite writes; `files` are patterns, from the directory that its script runs in. */
export type EvidenceSource =
  | { readonly kind: 'junit'; readonly files: readonly string[] }
  | {
      readonly kind: 'sarif';
      readonly files: readonly string[];
      readonly failOn: Severity;
      /** Only findings that the last promoted release did not have. */
      readonly newOnly: boolean;
    }
  | { readonly kind: 'report'; readonly files: readonly string[]; readonly limits: readonly ReportLimit[] };

/** `none` is below all others. */
export type Severity = 'none' | 'low' | 'medium' | 'high' | 'critical';

/** `path` as `latency.p95` or `results[0].mean`. */
export type ReportLimit = Limit & { readonly path: string };

export type Limit = { readonly comparison: '<=' | '<' | '>=' | '>' } & (
  | { readonly kind: 'absolute'; readonly value: number }
  /** Against the value of the last promoted release: 10 is ten percent more than it, -5 five percent less. */
  | { readonly kind: 'relative'; readonly percent: number }
);

/** The version that serves now: the last line that a script prints, or a value from an HTTP answer. */
export type VersionSource = (
  | ({ readonly kind: 'run' } & Script)
  /** `path` walks a JSON answer (`a.b.0.c`); without it the trimmed body is the version. `url` may name variables. */
  | { readonly kind: 'url'; readonly url: string; readonly path: string | null }
) & {
  /** How long after a change another version may still answer. */
  readonly withinMs: number;
};

/** Answers 200-399 within the time, asked again until then. `url` may name variables. */
export interface Readiness {
  readonly url: string;
  readonly withinMs: number;
}

/** How far a backup must be proved; each level includes those before it. */
export const PROOFS = ['taken', 'stored', 'restorable', 'identical', 'usable'] as const;
export type Proof = (typeof PROOFS)[number];

export type Backup =
  | {
      readonly kind: 'sources';
      /** It is taken only if one of these changed since the last promoted commit; empty: always. */
      readonly when: readonly string[];
      /** `null` only where no source streams through one (`snapshot` keeps its own). */
      readonly store: BackupPlace | null;
      readonly sources: readonly BackupSource[];
      readonly prove: Proof;
      /** How many backups of each source are kept; `null`: all. */
      readonly keep: number | null;
      /** Whether names, rows and digests of tables and files are shown; `null`: unless the repository is public. */
      readonly showParts: boolean | null;
    }
  /** One script that takes and proves the backup by itself; its exit code is all that is known. */
  | ({ readonly kind: 'script' } & Script);

/** Where backups are kept. Places may name variables. */
export type BackupPlace = DirectoryPlace | ResticPlace;

export interface DirectoryPlace {
  readonly kind: 'directory';
  readonly directory: string;
  readonly sameMachine: boolean;
}

export interface ResticPlace {
  readonly kind: 'restic';
  /** As restic takes it: `s3:…`, `sftp:…`, `rest:…`, `rclone:…`, `azure:…`, `gs:…`, `b2:…`, or a directory. */
  readonly repository: string;
  readonly sameMachine: boolean;
  /** The longest that the store may neither take nor give a byte. */
  readonly timeoutMs: number;
}

interface AnySource {
  readonly name: string;
  /** Runs on the restored copy; with `prove: usable` alone. */
  readonly usable: Script | null;
}

export type BackupSource =
  | FilesSource
  | RunBackupSource
  | PostgresSource
  | MysqlSource
  | SqliteSource
  | SnapshotSource;

export interface FilesSource extends AnySource {
  readonly kind: 'files';
  readonly files: readonly string[];
}

export interface RunBackupSource extends AnySource {
  readonly kind: 'run';
  /** Prints the data on stdout. */
  readonly produce: string;
  /** Reads the data on stdin and restores it into the empty directory `$RELEASE_SCRATCH`. */
  readonly consume: string;
  /**
   * Prints a digest of the data: of the live data with `RELEASE_SCRATCH` unset, of the restored copy with it
   * set. The last line counts.
   */
  readonly fingerprint: string;
  readonly timeoutMs: number;
}

/** `url` and `scratch` may name variables. */
export interface PostgresSource extends AnySource {
  readonly kind: 'postgres';
  readonly url: string;
  /** A server for the restored copy, which gets a database of its own there; `null`: one is made on this machine. */
  readonly scratch: string | null;
  /** Empty: all. */
  readonly schemas: readonly string[];
  readonly tables: readonly string[];
  readonly timeoutMs: number;
}

/** MariaDB and MySQL. `url` and `scratch` may name variables. */
export interface MysqlSource extends AnySource {
  readonly kind: 'mysql';
  readonly url: string;
  readonly scratch: string | null;
  readonly timeoutMs: number;
}

/** `path` is relative to the workspace, and may name variables. */
export interface SqliteSource extends AnySource {
  readonly kind: 'sqlite';
  readonly path: string;
  readonly timeoutMs: number;
}

/** Data that is kept where it is: its scripts take, prove and restore by an id, and nothing streams through here. */
export interface SnapshotSource extends AnySource {
  readonly kind: 'snapshot';
  /** Prints the id of the snapshot as its last line. */
  readonly take: string;
  /** Proves `$RELEASE_BACKUP_ID` as far as `$RELEASE_PROVE` says, by exit code 0. */
  readonly prove: string;
  /** Restores `$RELEASE_BACKUP_ID`; by hand only. */
  readonly restore: string;
  readonly timeoutMs: number;
}

/** What decides about the steps of the canary and about the watch. At least one of `worseBy` and `limit` is given. */
export interface Metric {
  readonly name: string;
  readonly kind: MetricKind;
  readonly source: Source;
  /** Against the baseline; null for a metric with a limit alone. */
  readonly worseBy: WorseBy | null;
  /**
   * Judged on the canary alone. Errors: the largest share (0.01 is 1 %). Latency: the largest quantile, in
   * milliseconds. Gauge: the largest value, or the least where more is better.
   */
  readonly limit: number | null;
  /** Latency only: 0.5 to 0.999. */
  readonly quantile: number;
  /** Gauges only; of errors and latencies less is better. */
  readonly better: 'lower' | 'higher';
  /** Advisory metrics are shown and decide nothing; critical ones weigh double. */
  readonly importance: 'critical' | 'normal' | 'advisory';
  /** With fewer of the canary's (requests; readings of a gauge) nothing passes. */
  readonly minimumSamples: number;
}

export type MetricKind = 'errors' | 'latency' | 'gauge';

/**
 * How much worse than the baseline is too much: `absolute` in the metric's unit (a share for errors: `0.5pp` is
 * 0.005), `relative` a part of the baseline's value (`10%` is 0.1). With both, worse means worse by both.
 */
export interface WorseBy {
  readonly absolute: number | null;
  readonly relative: number | null;
}

/** Where the samples of both arms come from. */
export type Source = ProbeSpec | PrometheusSource | HttpJsonSource | ScriptSource;

export type SourceKind = Source['kind'];

/**
 * What is asked of one arm. `{{wave}}` stands for the wave of the canary. Counters of Prometheus: without
 * `{{window}}` in the query its series are counters, with it they are amounts over that window.
 */
export type Queries =
  | { readonly kind: 'errors'; readonly failed: string; readonly total: string }
  /** Buckets by `le`, or a native histogram. */
  | { readonly kind: 'latency'; readonly buckets: string }
  | { readonly kind: 'gauge'; readonly value: string };

/** URL, header values and `caFile` may name variables. */
export interface PrometheusSource {
  readonly kind: 'prometheus';
  readonly url: string;
  /** Of the API below `url`, for example `/api/v1`, or `/loki/api/v1` for Loki. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as `X-Scope-OrgID`. */
  readonly tenant: string | null;
  /** PEM file with the authorities to trust besides the known ones. */
  readonly caFile: string | null;
  readonly everyMs: number;
  /** How late an interval is asked about, since what is measured takes time to arrive. */
  readonly delayMs: number;
  readonly timeoutMs: number;
  /** Latency only: the unit of the buckets' edges. */
  readonly unit: 's' | 'ms';
  readonly canary: Queries;
  readonly baseline: Queries | null;
}

/**
 * A number from a JSON answer. In URL, body and path `{{query}}` stands for what the arm asks, and `{{from}}`,
 * `{{to}}` (Unix seconds), `{{window}}` (`15s`) and `{{wave}}` for the interval and the wave. URL, header values and
 * body may name variables. A gauge with a limit alone that needs no `{{query}}` has no queries.
 */
export interface HttpJsonSource {
  readonly kind: 'http-json';
  /** Knows the form of requests and answers of a service; `url` is then its address alone. */
  readonly preset: 'datadog' | 'newrelic' | 'graphite' | null;
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Walks the answer to the number (`a.b.0.c`); null: the answer is the number, or the preset knows. */
  readonly path: string | null;
  /** New Relic's number of the account; null for all others. */
  readonly account: number | null;
  readonly caFile: string | null;
  readonly everyMs: number;
  /** How late an interval is asked about, since what is measured takes time to arrive. */
  readonly delayMs: number;
  readonly timeoutMs: number;
  readonly canary: Queries | null;
  readonly baseline: Queries | null;
}

/** Prints JSON with what both arms did in the interval; `docs/metrics/run.md` has its form. */
export interface ScriptSource {
  readonly kind: 'run';
  readonly run: Script;
  readonly everyMs: number;
}

/** Two metrics with an equal spec share its requests. URLs and header values may name variables. */
export interface ProbeSpec {
  readonly kind: 'probe';
  readonly canary: ProbeTarget;
  readonly baseline: ProbeTarget | null;
  /** Requests per second to each arm. */
  readonly perSecond: number;
  readonly timeoutMs: number;
  readonly expect: {
    /** Closed ranges of status codes. */
    readonly status: readonly (readonly [number, number])[];
    /** Text that the body must contain. */
    readonly body: string | null;
  };
}

export interface ProbeTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Canary {
  readonly run: Script | null;
  readonly ready: Readiness | null;
  /** How traffic is moved; `null` when the plan has a canary that takes no traffic by itself. */
  readonly traffic: ScriptTraffic | null;
  readonly warmUpMs: number;
  /** Weights in percent, rising. */
  readonly steps: readonly Step[];
  /** A step ends as soon as its verdict is in. */
  readonly early: boolean;
  /** What a step without enough evidence leads to. The last step promotes only on a verdict that passed. */
  readonly onInconclusive: 'rollback' | 'continue' | 'pause';
  /** The release waits without a runner, and is looked at by `command: resume`; `null`: its run stays. */
  readonly park: Park | null;
  /** Where the weight stands after promotion: 0 retires the canary, 100 leaves all traffic on it. */
  readonly endsAt: 0 | 100;
  readonly remove: Script | null;
}

export interface Park {
  readonly lookEveryMs: number;
  /** From the first parking on; past it the release goes back. */
  readonly atMostMs: number;
}

export interface ScriptTraffic {
  readonly kind: 'run';
  /** Called with `RELEASE_WEIGHT`; must be repeatable, and 0 must always work. */
  readonly run: Script;
  /** Prints an integer 0-100 as its last line. Without it the weight stays unverified. */
  readonly read: Script | null;
}

export interface Step {
  readonly weight: number;
  readonly forMs: number;
  readonly before: Script | null;
}

export interface Rollback {
  /** `null`: `promote` is called with the previous version as its target. */
  readonly run: Script | null;
  /** `push` falls back to a pull request where a push would not be safe or is refused. */
  readonly commit: 'push' | 'pull-request' | 'none';
  /** `commit-first`: the commit is the deployment (GitOps), and the script waits for it to be carried out. */
  readonly order: 'traffic-first' | 'commit-first';
  /** `null`: the branch that the release came from, or the default branch. */
  readonly branch: string | null;
  /** What the rollback commit may touch; empty: everything. Defaults to the plan's `paths`. */
  readonly paths: readonly string[];
  /** Stops what writes the data, and starts it again; without it no data is restored. */
  readonly quiesce: { readonly on: Script; readonly off: Script } | null;
  /** A release that changes one of these cannot be taken back: it stops where it is, and people are told. */
  readonly irreversibleWhen: readonly string[];
}
