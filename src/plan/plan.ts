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
  /** In the order of the file. */
  readonly verify: readonly Suite[];
  readonly backup: Backup | null;
  readonly inService: VersionSource | null;
  readonly ready: Readiness | null;
  readonly metrics: readonly Metric[];
  readonly canary: Canary | null;
  readonly promote: Script | null;
  readonly watch: { readonly forMs: number } | null;
  readonly rollback: Rollback;
  readonly lastResort: Script | null;
  /** The longest the job may run; a plan that needs more is a plan error. */
  readonly runnerLimitMs: number;
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
}

/** The version that serves now: the last line that a script prints, or a value from an HTTP answer. */
export type VersionSource =
  | ({ readonly kind: 'run' } & Script)
  /** `path` walks a JSON answer (`a.b.0.c`); without it the trimmed body is the version. `url` may name variables. */
  | { readonly kind: 'url'; readonly url: string; readonly path: string | null };

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
  | RunSource
  | PostgresSource
  | MysqlSource
  | SqliteSource
  | SnapshotSource;

export interface FilesSource extends AnySource {
  readonly kind: 'files';
  readonly files: readonly string[];
}

export interface RunSource extends AnySource {
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

export interface Metric {
  readonly name: string;
  readonly kind: 'errors' | 'latency';
  readonly probe: ProbeSpec;
  /** Latency only: 0.5 to 0.999. */
  readonly quantile: number;
  /** Errors: a share (0.01 is 1 %). Latency: milliseconds. Judged as "at most". */
  readonly limit: number;
  /** Fewer requests than this, and the verdict is inconclusive. */
  readonly minimumSamples: number;
}

/** Two metrics with an equal spec share its requests. URLs and header values may name variables. */
export interface ProbeSpec {
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
  /** Where the weight stands after promotion: 0 retires the canary, 100 leaves all traffic on it. */
  readonly endsAt: 0 | 100;
  readonly remove: Script | null;
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
