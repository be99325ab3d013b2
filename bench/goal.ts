/** One claim with its figure, as the machine-readable output has it. */
export interface Goal {
  readonly id: string;
  readonly figure: number;
  readonly limit: number;
  readonly met: boolean;
  /** What the figure is, with its unit. */
  readonly what: string;
}

/** What a benchmark gives: its claims, and the figures beside them that are no claims. */
export interface Measured {
  readonly goals: readonly Goal[];
  readonly figures?: readonly Readonly<Record<string, number | string>>[];
  /** Tables for people, in Markdown. */
  readonly report?: string;
}

export function atMost(id: string, figure: number, limit: number, what: string): Goal {
  return { id, figure, limit, met: figure <= limit, what };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
