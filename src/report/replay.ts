import type { ReleaseEnd, ReplayedJudgement } from './end.js';
import { evidenceTable, LEGEND } from './evidence-table.js';
import { table } from './markdown.js';
import { duration } from './quantity.js';
import { verdictMark } from './stage-row.js';

/** What the plan would have decided on a past release; empty without a replay. */
export function replaySection({ replay }: ReleaseEnd): string {
  if (replay === undefined || replay.length === 0) return '';
  const rows = replay.map((step) => [
    whereText(step),
    verdictMark(step.verdict),
    duration(step.after_ms),
    step.passed_after_ms === null ? '–' : duration(step.passed_after_ms),
  ]);
  return [
    '### Replay',
    'What the plan, as it is now, would have decided on the recorded samples. Nothing was moved or recorded.',
    table(['Step', 'Verdict', 'After', 'All had passed after'], rows),
    ...replay.map((step) => evidenceTable(step, `**${whereText(step)}**`)),
    LEGEND,
  ].join('\n\n');
}

export function whereText({ stage, weight }: Pick<ReplayedJudgement, 'stage' | 'weight'>): string {
  if (stage === 'promote') return 'Watch after promotion';
  return weight === null ? 'Canary' : `Canary at ${weight} %`;
}
