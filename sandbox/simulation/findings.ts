import { playRandom } from './random-schedule.js';
import { type Played, type Point, playPoint } from './schedule.js';

/** What is to be played: points, or random schedules by their seeds. */
export interface Task {
  readonly points?: readonly Point[];
  readonly seeds?: readonly number[];
}

export interface Finding {
  readonly rule: string;
  readonly found: string;
  /** What plays it once more. */
  readonly again: Task;
}

/** Plays all of it; the timeline is that of the last. */
export async function findingsOf(
  task: Task,
): Promise<{ readonly findings: readonly Finding[]; readonly timeline: () => readonly string[] }> {
  const findings: Finding[] = [];
  let timeline: Played['timeline'] = () => [];
  const note = (played: Played, again: Task): void => {
    timeline = played.timeline;
    findings.push(...played.violations.map((violation) => ({ ...violation, again })));
  };
  for (const point of task.points ?? []) note(await playPoint(point), { points: [point] });
  for (const seed of task.seeds ?? []) note(await playRandom(seed), { seeds: [seed] });
  return { findings, timeline };
}

/** As the command takes it: `--seed 139`, `--point recovery:4:crash-after`. */
export function nameOf({ points, seeds }: Task): string {
  const [point] = points ?? [];
  if (!point) return `--seed ${seeds?.[0]}`;
  const runner = point.withRunner ? ':runner' : '';
  return `--point ${point.story}:${point.call}:${point.kind}${runner}`;
}
