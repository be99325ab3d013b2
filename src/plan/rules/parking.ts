import { formatDuration } from '../duration.js';
import type { Finding } from '../finding.js';
import type { Plan } from '../plan.js';
import { remembers } from '../remembers.js';

/** While nobody looks, only what a source remembers is ever seen; and what waits must end before it is taken back. */
export function parksWhatIsRemembered({ canary, metrics }: Plan): Finding[] {
  if (canary === null) return [];
  if (canary.park === null) return canary.onInconclusive === 'pause' ? [pausesWithoutPark()] : [];
  const { atMostMs, lookEveryMs } = canary.park;
  const neededMs = canary.steps.reduce((sum, { forMs }) => sum + canary.warmUpMs + forMs, 0) + lookEveryMs;
  const deciding = metrics.filter(({ importance }) => importance !== 'advisory');
  const isForgetful = deciding.length > 0 && !deciding.some(({ source }) => remembers(source));
  return [
    ...(isForgetful
      ? [
          {
            path: ['canary', 'park'],
            rule: `A parked release is judged by what its sources remember, and these remember nothing: ${deciding.map(({ name }) => `\`${name}\``).join(', ')}`,
            remedy: 'Take one that decides from `prometheus`, or remove `park`.',
          },
        ]
      : []),
    ...(neededMs <= atMostMs
      ? []
      : [
          {
            path: ['canary', 'park', 'at-most'],
            rule: `Steps, warm-ups and the last look need ${formatDuration(neededMs)}, and past \`at-most\` the release goes back`,
            found: formatDuration(atMostMs),
            remedy: `Write at least \`${formatDuration(neededMs)}\`, and more for what may come between.`,
          },
        ]),
  ];
}

function pausesWithoutPark(): Finding {
  return {
    path: ['canary', 'on-inconclusive'],
    rule: '`pause` waits for more evidence without a runner, and the plan has no `park`',
    remedy: 'Add for example `park: {look-every: 10m, at-most: 24h}`, or write `rollback`.',
  };
}
