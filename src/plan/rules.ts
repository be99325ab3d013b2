import { formatDuration } from './duration.js';
import type { Finding } from './finding.js';
import {
  comparesTwoArms,
  namesNoWave,
  stepsAreJudged,
  stepsAreLongEnough,
  watchesSomething,
  watchIsLongEnough,
} from './judging-rules.js';
import { lengthOf } from './length.js';
import { parksWhatIsRemembered } from './parking-rules.js';
import type { Canary, Plan } from './plan.js';
import { isOnThisMachine } from './repositories.js';
import { lookBeforeMs } from './watched.js';
import { longestOpening } from './windows/wall.js';

/** What makes a plan that is well written a wrong one. */
interface Rule {
  /** The keys of the file that it looks at; it is not asked while one of them cannot be read. */
  readonly needs: readonly string[];
  readonly check: (plan: Plan) => readonly Finding[];
}

const RULES: readonly Rule[] = [
  { needs: ['promote', 'canary'], check: promotes },
  { needs: ['backup', 'environment'], check: survivesThisMachine },
  { needs: ['backup'], check: backsSomethingUp },
  { needs: ['backup'], check: keepsItSomewhere },
  { needs: ['backup'], check: triesItOut },
  { needs: ['canary'], check: canaryDoesSomething },
  { needs: ['canary'], check: stepsMoveTraffic },
  { needs: ['canary'], check: weightsRise },
  { needs: ['canary', 'metrics'], check: stepsAreJudged },
  { needs: ['canary', 'metrics'], check: comparesTwoArms },
  { needs: ['canary', 'metrics'], check: stepsAreLongEnough },
  { needs: ['metrics'], check: namesNoWave },
  { needs: ['canary', 'metrics'], check: parksWhatIsRemembered },
  { needs: ['watch', 'ready', 'metrics', 'canary'], check: watchesSomething },
  { needs: ['watch', 'metrics', 'canary'], check: watchIsLongEnough },
  { needs: ['canary', 'ready', 'watch', 'metrics', 'on-busy', 'runner-limit'], check: fitsTheRunner },
  { needs: ['window', 'canary', 'watch', 'metrics'], check: fitsTheWindow },
  { needs: ['promoted-in', 'environment'], check: promotedElsewhere },
  { needs: ['approvals'], check: rolesAreUnique },
];

/** Judges all rules whose keys could be read. */
export function judgePlan(plan: Plan, broken: ReadonlySet<string>): Finding[] {
  return RULES.filter(({ needs }) => !needs.some((key) => broken.has(key))).flatMap(({ check }) =>
    check(plan),
  );
}

function promotes({ promote, canary }: Plan): Finding[] {
  if (promote !== null) return [];
  const why = canary === null ? '' : ', and a canary without it ends nowhere';
  return [
    {
      path: ['promote'],
      rule: `A plan says how the service is brought to a version${why}`,
      remedy: 'Give `promote` a script, for example `promote: ./deploy.sh "$RELEASE_TARGET_VERSION"`.',
    },
  ];
}

function survivesThisMachine({ backup, environment }: Plan): Finding[] {
  if (environment !== 'production' || backup?.kind !== 'sources') return [];
  const { store } = backup;
  if (store === null || store.sameMachine) return [];
  // A repository that a variable names is looked at when it is opened.
  if (store.kind === 'restic' && !isOnThisMachine(store.repository)) return [];
  return [
    {
      path: ['backup', 'store', store.kind],
      rule: 'In production a backup in a directory would be lost with this machine',
      remedy:
        'If the directory outlasts it (a mounted volume), or the loss is acceptable, add `same-machine: true`.',
    },
  ];
}

function backsSomethingUp({ backup }: Plan): Finding[] {
  if (backup?.kind !== 'sources' || backup.sources.length > 0) return [];
  return [
    {
      path: ['backup', 'sources'],
      rule: 'A backup has at least one source',
      remedy: 'Add one, for example `settings: {files: ["config/**"]}`, or remove `backup`.',
    },
  ];
}

function keepsItSomewhere({ backup }: Plan): Finding[] {
  if (backup?.kind !== 'sources' || backup.store !== null) return [];
  if (backup.sources.every(({ kind }) => kind === 'snapshot')) return [];
  return [
    {
      path: ['backup', 'store'],
      rule: 'A backup is kept in a store',
      remedy: 'Add one, for example `store: {directory: "${BACKUP_DIRECTORY}"}`.',
    },
  ];
}

/** The level and the scripts go together: one without the other would prove less than it seems to. */
function triesItOut({ backup }: Plan): Finding[] {
  if (backup?.kind !== 'sources') return [];
  const scripts = backup.sources.filter(({ usable }) => usable !== null);
  if (backup.prove === 'usable' && scripts.length === 0 && backup.sources.length > 0) {
    return [
      {
        path: ['backup', 'prove'],
        rule: 'That a copy is usable is proved by a script that uses it, and no source has one',
        remedy: 'Give a source `usable: ./migrate.sh`, or write `prove: identical`.',
      },
    ];
  }
  if (backup.prove === 'usable') return [];
  return scripts.map(({ name }) => ({
    path: ['backup', 'sources', name, 'usable'],
    rule: `This script would not run, since the backup is proved ${backup.prove} only`,
    remedy: 'Add `prove: usable` to `backup`, or remove the script.',
  }));
}

function canaryDoesSomething({ canary }: Plan): Finding[] {
  if (canary === null || canary.run !== null || canary.ready !== null || canary.traffic !== null) return [];
  if (canary.steps.length > 0) return [];
  return [
    {
      path: ['canary'],
      rule: 'A canary runs something or moves traffic',
      remedy: 'Give it `run`, or `traffic` and `steps`, or remove it.',
    },
  ];
}

function stepsMoveTraffic({ canary }: Plan): Finding[] {
  if (canary === null) return [];
  if (canary.steps.length > 0 && canary.traffic === null) {
    return [
      {
        path: ['canary', 'traffic'],
        rule: 'Steps need a script that moves traffic',
        remedy:
          'Add `traffic: {run: ./route.sh, read: ./route.sh --show}`; the weight is in `$RELEASE_WEIGHT`.',
      },
    ];
  }
  if (canary.steps.length === 0 && canary.traffic !== null) {
    return [
      {
        path: ['canary', 'steps'],
        rule: 'Traffic is moved in steps, and there are none',
        remedy:
          'Add for example `steps: [{weight: 5, for: 10m}, {weight: 25, for: 10m}, {weight: 50, for: 10m}]`.',
      },
    ];
  }
  return [];
}

function weightsRise({ canary }: Plan): Finding[] {
  const steps = canary?.steps ?? [];
  return steps.flatMap(({ weight }, index) => {
    const before = steps[index - 1]?.weight ?? 0;
    if (weight > before) return [];
    return [
      {
        path: ['canary', 'steps', index, 'weight'],
        rule: `Weights rise from step to step, and the step before has ${before}`,
        remedy: 'Write the weights in rising order, each once, for example 5, 25, 50.',
      },
    ];
  });
}

/** Waits only: how long scripts take is not known before, and most end long before their timeout. */
function fitsTheRunner(plan: Plan): Finding[] {
  const { canary, onBusy, ready, watch, runnerLimitMs } = plan;
  const waits = onBusy.do === 'wait';
  const needed =
    (waits ? onBusy.withinMs : 0) +
    stepsMs(canary) +
    (canary?.ready?.withinMs ?? 0) +
    (ready?.withinMs ?? 0) +
    lookBeforeMs(plan) +
    (watch?.forMs ?? 0);
  if (needed <= runnerLimitMs) return [];
  const limit = formatDuration(runnerLimitMs);
  return [
    {
      path: ['runner-limit'],
      rule: `${waits ? 'The wait for its turn, steps' : 'Steps'}, warm-ups, readiness and watch may take ${formatDuration(needed)}, but the job may run ${limit} at most`,
      found: limit,
      remedy:
        'Shorten the steps or the watch; on a runner of your own that may run longer, raise `runner-limit`.',
    },
  ];
}

function stepsMs(canary: Canary | null): number {
  // A parked release waits without a runner.
  if (canary === null || canary.park !== null) return 0;
  return canary.steps.reduce((sum, step) => sum + canary.warmUpMs + step.forMs, 0);
}

/** Waits only, as for the runner: a window that is too short for these never lets a release through. */
function fitsTheWindow(plan: Plan): Finding[] {
  if (plan.window === null) return [];
  const [needed, longest] = [lengthOf(plan).waitsMs, longestOpening(plan.window)];
  if (needed <= longest) return [];
  return [
    {
      path: ['window', 'open'],
      rule: `Steps, warm-ups and watch take ${formatDuration(needed)}, and the window is never open for longer than ${formatDuration(longest)}`,
      remedy: 'Widen the window, or shorten the steps or the watch.',
    },
  ];
}

function promotedElsewhere({ promotedIn, environment }: Plan): Finding[] {
  if (promotedIn?.environment !== environment) return [];
  return [
    {
      path: ['promoted-in', 'environment'],
      rule: 'A release to an environment cannot wait for its own promotion there',
      remedy:
        'Name the environment that comes before, for example `staging`; in that one write `promoted-in: null`.',
    },
  ];
}

function rolesAreUnique({ approvals }: Plan): Finding[] {
  const roles = approvals.map(({ role }) => role.toLowerCase());
  return approvals.flatMap(({ role }, index) => {
    if (roles.indexOf(role.toLowerCase()) === index) return [];
    return [
      {
        path: ['approvals', index, 'role'],
        rule: `The role \`${role}\` stands here twice`,
        remedy: 'Name each role once; put all of its people under one `from`.',
      },
    ];
  });
}
