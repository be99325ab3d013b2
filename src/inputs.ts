import { parseDuration } from './plan/duration.js';
import type { PlanInputs } from './plan/plan-inputs.js';
import type { Problem } from './plan/problem.js';
import { type Reading, refuse } from './plan/reading.js';
import { VERSION, VERSION_FORM } from './release/version.js';

interface Declared {
  readonly name: string;
  readonly description: string;
  /** As it stands in `action.yml`; an expression is evaluated by the runner. */
  readonly default?: string;
}

/** The inputs of the action. `action.yml` equals this list. */
export const INPUTS = [
  {
    name: 'command',
    default: 'release',
    description:
      'What to do: `release`; `check`, on a pull request or merge group: what its release would do, and what still stands against it, or with `replay` what the plan would have decided on a past release; `rollback`: stop the release in flight, or take back what was promoted last, to the promoted version before or to the one in `version` or `sha`, with a `reason`; `resume`: bring to safety what lost runs left unfinished, and go on with what is parked; `status`: say where every service stands, and change nothing.',
  },
  {
    name: 'plan',
    default: '.github/gated-release.yml',
    description:
      'Path of the plan, from the root of the workspace; for `check`, `resume` and `status` also a pattern of several. The file may be absent when `promote` is given.',
  },
  { name: 'environment', description: 'Where to release to. Required here or in the plan.' },
  { name: 'service', description: 'What is released. Default: the name of the repository.' },
  { name: 'version', description: 'The version, as scripts see it. Default: the tag, else the short SHA.' },
  { name: 'sha', description: 'The commit to release. Default: the commit of the event.' },
  { name: 'verify', description: 'Bash script that proves the commit before anything moves.' },
  { name: 'backup', description: 'Bash script that takes and proves a backup before anything moves.' },
  { name: 'canary', description: 'Bash script that starts the canary.' },
  {
    name: 'traffic',
    description:
      'Bash script that moves `$RELEASE_WEIGHT` percent of the traffic to the canary. Must be repeatable; 0 must always work.',
  },
  { name: 'promote', description: 'Bash script that brings the service to `$RELEASE_TARGET_VERSION`.' },
  {
    name: 'rollback',
    description:
      'Bash script that brings the service back. Default: `promote` with the previous version as its target.',
  },
  { name: 'in-service', description: 'Bash script whose last line is the version that serves now.' },
  { name: 'ready', description: 'URL that answers 200-399 when the service is ready; within 2 minutes.' },
  {
    name: 'canary-url',
    description:
      'URL of the canary for the built-in probe: at most 1 % of 20 requests a second may fail (status 200-399 passes).',
  },
  {
    name: 'baseline-url',
    description:
      'URL of the version in service, asked beside `canary-url`: the canary may fail 0.5 percentage points more often and be 10 % slower (p95).',
  },
  { name: 'watch', description: 'How long to watch after promotion, for example `10m`.' },
  {
    name: 'steps',
    description:
      'Steps of the canary as `weight:time`, for example `5:10m, 25:10m`. Default with `traffic`: `5:10m, 25:10m, 50:10m`.',
  },
  {
    name: 'override',
    description:
      'Gates that a person opens: `window`, `approvals`, `ledger`, `inconclusive`, `quarantine`, `busy` (the release under way is stopped and goes back), `broken-state` (`data: restore` goes on although the present data cannot be saved first); separated by commas or lines. Only on `workflow_dispatch`, with `reason`, by those whom the plan names in `overrides.from`.',
  },
  {
    name: 'urgency',
    default: 'routine',
    description: '`routine`, or `emergency`: short for `override: window, approvals`.',
  },
  { name: 'reason', description: 'Why; recorded.' },
  {
    name: 'allow-waiting',
    default: 'false',
    description: 'Exit 0, not 1, when the release waits for time or people, or is parked.',
  },
  {
    name: 'data',
    default: 'keep',
    description:
      'With `command: rollback`: `keep`, or `restore`: put the backup from before the bad version in the place of the data. Only on `workflow_dispatch`; all writes since that backup are lost.',
  },
  {
    name: 'runbook',
    description:
      'With `check`: a file in the workspace that gets the preview, which is the runbook of the release, as Markdown.',
  },
  {
    name: 'replay',
    description:
      'With `check`: a file of recorded samples (`samples.jsonl` of a past release); says what the plan would have decided on them.',
  },
  {
    name: 'dry-run',
    default: 'false',
    description: 'Evaluates what only reads, writes nothing, and says what would happen.',
  },
  {
    name: 'working-directory',
    default: '.',
    description: 'Where scripts run, from the root of the workspace.',
  },
  {
    name: 'token',
    default: '${{ github.token }}',
    description: 'Token for everything but the rollback commit.',
  },
  { name: 'rollback-token', description: 'Token for the rollback commit and its branch. Default: `token`.' },
  {
    name: 'job-status',
    default: '${{ job.status }}',
    description: 'Not for people: tells the post step how the job went.',
  },
  {
    name: 'job-id',
    default: '${{ job.check_run_id }}',
    description: 'Not for people: identifies the owner of a lease.',
  },
] as const satisfies readonly Declared[];

/** The outputs of the action. `action.yml` equals this list. */
export const OUTPUTS = [
  { name: 'release-id', description: 'The id of the release: `<UTC yyyymmdd-hhmmss>-<sha7>-<4 random>`.' },
  {
    name: 'decision',
    description:
      'How it ended: `promoted`, `passed`, `nothing-to-do`, `waiting`, `paused`, `blocked`, `rolled-back`, `rollback-pending`, `halted` or `rollback-failed`.',
  },
  { name: 'reason-code', description: 'Why, as one code of `docs/reason-codes.md`.' },
  { name: 'result', description: 'All of it as JSON, with `schema_version`.' },
  { name: 'sha', description: 'The released commit, 40 digits.' },
  { name: 'version', description: 'The released version.' },
  { name: 'previous-version', description: 'The version that was in service before.' },
  { name: 'in-service-version', description: 'The version that serves at the end, as it was read back.' },
  { name: 'weight', description: 'Percent of the traffic on the canary at the end, as it was read back.' },
  { name: 'resume-at', description: 'When the next look at a parked release is due, ISO 8601 in UTC.' },
  { name: 'rollback-commit', description: 'The rollback commit, 40 digits.' },
  { name: 'rollback-pull-request', description: 'URL of the rollback pull request, when there is one.' },
  { name: 'incident-issue', description: 'URL of the incident issue, when one was opened.' },
  { name: 'report', description: 'URL of the report.' },
  { name: 'ledger', description: 'URL of the ledger branch.' },
] as const satisfies readonly Declared[];

export type InputName = (typeof INPUTS)[number]['name'];
export type OutputName = (typeof OUTPUTS)[number]['name'];

const COMMANDS = ['release', 'check', 'resume', 'rollback', 'status'] as const;
const OVERRIDES = [
  'window',
  'approvals',
  'ledger',
  'inconclusive',
  'quarantine',
  'busy',
  'broken-state',
] as const;
const EMERGENCY: readonly Override[] = ['window', 'approvals'];
const DATA = ['keep', 'restore'] as const;

export type Command = (typeof COMMANDS)[number];
export type DataChoice = (typeof DATA)[number];
export type Override = (typeof OVERRIDES)[number];

/** What the workflow asks for. What the plan can say as well is null when it is not given. */
export interface Inputs extends PlanInputs {
  readonly command: Command;
  readonly plan: string;
  readonly version: string | null;
  readonly sha: string | null;
  readonly override: readonly Override[];
  readonly reason: string | null;
  /** The file of samples that `check` judges again. */
  readonly replay: string | null;
  readonly allowWaiting: boolean;
  readonly data: DataChoice;
  readonly runbook: string | null;
  readonly dryRun: boolean;
  readonly workingDirectory: string;
  /** Empty when the workflow gave an empty one. */
  readonly token: string;
  /** `token` when it is not given. */
  readonly rollbackToken: string;
  readonly jobStatus: string | null;
  readonly jobId: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads all inputs from the `INPUT_*` variables of the runner, or tells all that is wrong with them. */
export function readInputs(
  env: Environment,
): { readonly inputs: Inputs } | { readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const text = (name: InputName) => textOf(env, name);
  const read = <T>(name: InputName, parse: (value: string) => Reading<T>): T | null => {
    const found = text(name);
    if (found === null) return null;
    const reading = parse(found);
    if ('value' in reading) return reading.value;
    problems.push({
      path: `input ${name}`,
      rule: reading.rule,
      found: shorten(found),
      remedy: reading.remedy,
    });
    return null;
  };
  const token = text('token') ?? '';
  const inputs: Inputs = {
    command: read('command', parseCommand) ?? 'release',
    plan: text('plan') ?? '',
    environment: text('environment'),
    service: text('service'),
    version: read('version', parseVersion),
    sha: read('sha', parseSha),
    verify: text('verify'),
    backup: text('backup'),
    canary: text('canary'),
    traffic: text('traffic'),
    promote: text('promote'),
    rollback: text('rollback'),
    inService: text('in-service'),
    ready: text('ready'),
    canaryUrl: text('canary-url'),
    baselineUrl: text('baseline-url'),
    watchMs: read('watch', parseDuration),
    steps: read('steps', parseSteps),
    override: [
      ...new Set([...(read('override', parseOverrides) ?? []), ...(read('urgency', parseUrgency) ?? [])]),
    ],
    reason: text('reason'),
    runbook: text('runbook'),
    replay: text('replay'),
    allowWaiting: read('allow-waiting', parseBoolean) ?? false,
    data: read('data', parseData) ?? 'keep',
    dryRun: read('dry-run', parseBoolean) ?? false,
    workingDirectory: text('working-directory') ?? '.',
    token,
    rollbackToken: text('rollback-token') ?? token,
    jobStatus: text('job-status'),
    jobId: text('job-id'),
  };
  if (inputs.baselineUrl !== null && inputs.canaryUrl === null) {
    problems.push({
      path: 'input baseline-url',
      rule: 'A baseline is compared with the canary, and `canary-url` is not given',
      remedy: 'Give `canary-url`, or write `metrics` into the plan.',
    });
  }
  if (inputs.replay !== null && inputs.command !== 'check') {
    problems.push({
      path: 'input replay',
      rule: `Samples are replayed by a check, and the command is \`${inputs.command}\``,
      remedy: 'Write `command: check`, or remove `replay`.',
    });
  }
  if (inputs.override.includes('broken-state') && inputs.data !== 'restore') {
    problems.push({
      path: 'input override',
      rule: 'Data that cannot be saved is replaced only by a restore, and `data` is not `restore`',
      remedy: 'Remove `broken-state`, or write `command: rollback` and `data: restore`.',
    });
  }
  return problems.length > 0 ? { problems } : { inputs };
}

/** The trimmed text, else the default; null when both are empty. Only the runner can evaluate an expression. */
function textOf(env: Environment, name: InputName): string | null {
  const declared: Declared | undefined = INPUTS.find((input) => input.name === name);
  const fallback = declared?.default?.startsWith('${{') ? '' : (declared?.default ?? '');
  const variable = `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;
  return (env[variable] ?? '').trim() || fallback || null;
}

function parseCommand(text: string): Reading<Command> {
  const command = COMMANDS.find((known) => known === text);
  if (command !== undefined) return { value: command };
  return refuse('The command is not known', `Write one of: ${COMMANDS.join(', ')}.`);
}

function parseData(text: string): Reading<DataChoice> {
  const choice = DATA.find((known) => known === text);
  if (choice !== undefined) return { value: choice };
  return refuse('The data is kept or restored', `Write one of: ${DATA.join(', ')}.`);
}

function parseVersion(text: string): Reading<string> {
  if (VERSION.test(text)) return { value: text };
  return refuse(
    `A version is ${VERSION_FORM}: \`in-service\` reads it back as such`,
    'Write for example `1.4.2`.',
  );
}

function parseSha(text: string): Reading<string> {
  if (/^[0-9a-f]{7,40}$/i.test(text)) return { value: text.toLowerCase() };
  return refuse(
    'A commit is 7 to 40 hexadecimal digits',
    'Write the SHA, for example `${{ github.sha }}`, not a branch or tag.',
  );
}

/** YAML 1.2 core forms, as the toolkit reads them: `yes` and `1` are no booleans. */
function parseBoolean(text: string): Reading<boolean> {
  if (/^(true|True|TRUE)$/.test(text)) return { value: true };
  if (/^(false|False|FALSE)$/.test(text)) return { value: false };
  return refuse('This is `true` or `false`', 'Write one of the two.');
}

function parseOverrides(text: string): Reading<Override[]> {
  const asked = itemsOf(text);
  const known = OVERRIDES.filter((override) => asked.includes(override));
  const unknown = asked.filter((override) => !OVERRIDES.some((each) => each === override));
  if (unknown.length === 0) return { value: known };
  return refuse(`Not known as an override: ${unknown.join(', ')}`, `Write any of: ${OVERRIDES.join(', ')}.`);
}

function parseUrgency(text: string): Reading<readonly Override[]> {
  if (text === 'routine') return { value: [] };
  if (text === 'emergency') return { value: EMERGENCY };
  return refuse('The urgency is not known', 'Write `routine` or `emergency`.');
}

function parseSteps(text: string): Reading<{ weight: number; forMs: number }[]> {
  const steps: { weight: number; forMs: number }[] = [];
  for (const item of itemsOf(text)) {
    const [, weight, time] = /^(\d{1,3})\s*%?\s*:\s*(\S+)$/.exec(item) ?? [];
    if (weight === undefined || time === undefined || Number(weight) < 1 || Number(weight) > 100) {
      return refuse(
        `A step is \`weight:time\` with a weight from 1 to 100, and \`${item}\` is not`,
        'Write for example `5:10m, 25:10m`.',
      );
    }
    const forMs = parseDuration(time);
    if (!('value' in forMs)) return refuse(`${forMs.rule}; the step \`${item}\``, forMs.remedy);
    steps.push({ weight: Number(weight), forMs: forMs.value });
  }
  return { value: steps };
}

function itemsOf(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function shorten(text: string): string {
  const line = text.replace(/\s*\n\s*/g, ' ⏎ ');
  return line.length <= 80 ? line : `${line.slice(0, 79)}…`;
}
