import type { Finding } from './finding.js';
import type { Plan } from './plan.js';
import { backsSomethingUp, keepsItSomewhere, survivesThisMachine, triesItOut } from './rules/backup.js';
import { sourcesAreApart } from './rules/backup-overlap.js';
import { canaryDoesSomething, stepsMoveTraffic, weightsRise } from './rules/canary.js';
import { promotedElsewhere, rolesAreUnique } from './rules/gates.js';
import {
  comparesTwoArms,
  namesNoWave,
  stepsAreJudged,
  stepsAreLongEnough,
  watchesSomething,
  watchIsLongEnough,
} from './rules/judging.js';
import { parksWhatIsRemembered } from './rules/parking.js';
import { fitsTheRunner, fitsTheWindow } from './rules/time.js';

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
  { needs: ['backup'], check: sourcesAreApart },
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
