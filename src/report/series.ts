import type { Judgement, ReleaseState, WeightPoint } from '../release/state.js';

export interface ErrorPoint {
  /** What was measured lies between `since` and `at`. */
  readonly since: string;
  readonly at: string;
  /** Percent of traffic on the canary while it was measured. */
  readonly weight: number;
  /** Shares; null when there was no value. */
  readonly canary: number | null;
  readonly baseline: number | null;
  readonly samples: number;
}

/** The numbers behind the charts, the same for a picture and for a table. */
export interface Series {
  readonly title: string;
  readonly from: string;
  readonly to: string;
  readonly weights: readonly WeightPoint[];
  /** Whether the last weight still stands: false after a move that failed or has no outcome. */
  readonly known: boolean;
  /** The error metric shown, with its limit as a share; null when no share of requests was judged. */
  readonly errors: {
    readonly metric: string;
    readonly limit: number | null;
    readonly points: readonly ErrorPoint[];
  } | null;
}

/** null when the release moved no weight: then there is nothing to draw. */
export function seriesOf(state: ReleaseState): Series | null {
  const [first] = state.weights;
  if (!first) return null;
  const errors = errorSeries(state);
  const from = state.stages.canary?.startedAt ?? first.at;
  const times = [from, ...state.weights.map((point) => point.at), ...state.judgements.map((one) => one.at)];
  if (state.ended) times.push(state.ended.at);
  const { service, environment, version } = state.started;
  return {
    title: `${service} ${version} in ${environment}`,
    from: times.reduce((a, b) => (Date.parse(b) < Date.parse(a) ? b : a)),
    to: times.reduce((a, b) => (Date.parse(b) > Date.parse(a) ? b : a)),
    weights: state.weights,
    known: state.weight !== null,
    errors,
  };
}

/** At most `most` items, spread evenly, the first and the last among them. */
export function thinned<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  const step = (items.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => items[Math.round(i * step)]).filter(
    (item) => item !== undefined,
  );
}

// The metric named `errors` is what the built-in probe makes; else the first share of requests stands for it.
function errorSeries(state: ReleaseState): Series['errors'] {
  const shares = state.judgements.flatMap((one) => one.metrics).filter(({ kind }) => kind === 'errors');
  const name = shares.find((metric) => metric.metric === 'errors')?.metric ?? shares[0]?.metric;
  if (name === undefined) return null;
  const since = measuredSince(state);
  const points = state.judgements.flatMap((judgement) =>
    judgement.metrics
      .filter((metric) => metric.metric === name)
      .map((metric) => ({
        since: since.get(judgement) ?? judgement.at,
        at: judgement.at,
        weight: judgement.weight,
        canary: metric.value,
        baseline: metric.baseline,
        samples: metric.samples,
      })),
  );
  return { metric: name, limit: shares.find((metric) => metric.metric === name)?.limit ?? null, points };
}

/** What a judgement covers: the time since the last move of the weight, or since the judgement before it. */
function measuredSince(state: ReleaseState): ReadonlyMap<Judgement, string> {
  const marks: readonly (WeightPoint | Judgement)[] = [...state.weights, ...state.judgements].toSorted(
    (a, b) => Date.parse(a.at) - Date.parse(b.at),
  );
  return new Map(
    marks.flatMap((mark, index) =>
      'metrics' in mark ? [[mark, marks[index - 1]?.at ?? mark.at] as const] : [],
    ),
  );
}
