import { shown, Unmeasured } from '../unmeasured.js';
import { keyOf, nameOf } from './labels.js';

/**
 * What Prometheus, and whatever speaks its HTTP API (Thanos, Mimir, VictoriaMetrics, Loki), answers to a query:
 * https://prometheus.io/docs/prometheus/latest/querying/api/
 */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** In the order of time; one for an instant query. */
  readonly points: readonly Point[];
}

export interface Point {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** `NaN` and the infinities are numbers here: whether they may be is for the one that asked. */
  readonly value: number | NativeHistogram;
}

/** Counts per bucket, not cumulative: values above `lower`, and at most `upper`. */
export interface NativeHistogram {
  readonly buckets: readonly NativeBucket[];
}

export interface NativeBucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
  readonly isCut: boolean;
}

/**
 * Throws `Unmeasured` for anything but a success without warnings. An empty list of series is an answer. At a moment a
 * range of values is none: its last one may be as old as the range is long.
 */
export function parseAnswer(answer: RawAnswer, at: 'moment' | 'range'): readonly Series[] {
  const body = parseJson(answer);
  if (body === undefined) throw new Unmeasured(notTheApi(answer));
  if (body.status === 'error') throw new Unmeasured(refusal(answer.status, body));
  if (answer.status < 200 || answer.status > 299 || body.status !== 'success') {
    throw new Unmeasured(notTheApi(answer));
  }
  const warnings = textsIn(body.warnings);
  if (warnings.length > 0) {
    throw new Unmeasured(
      `it answered with a warning, so the answer may not be whole: ${warnings.map(shown).join('; ')}`,
    );
  }
  if (body.isPartial === true) {
    throw new Unmeasured('it answered with `isPartial`, so a part of the data was not asked');
  }
  return distinct(seriesIn(body.data, at));
}

/** Which of two series with the same labels is right nobody can tell. */
function distinct(series: readonly Series[]): readonly Series[] {
  const known = new Set<string>();
  for (const { labels } of series) {
    const key = keyOf(labels);
    if (known.has(key)) {
      throw new Unmeasured(`it answered ${nameOf(labels)} twice, and series differ by their labels`);
    }
    known.add(key);
  }
  return series;
}

type Fields = Readonly<Record<string, unknown>>;

function parseJson({ body, isCut }: RawAnswer): Fields | undefined {
  if (isCut) {
    throw new Unmeasured(
      `its answer is longer than ${body.length} characters; ask for fewer series, for example by sum by (le)`,
    );
  }
  try {
    return fieldsOf(JSON.parse(body));
  } catch {
    return undefined;
  }
}

function notTheApi({ status, body }: RawAnswer): string {
  const began =
    body.trim() === '' ? 'an empty body' : `a body that begins with "${shown(body.slice(0, 40))}"`;
  const remedy =
    status === 401 || status === 403
      ? 'check the credentials in `headers`'
      : 'check `url` and `path`: the API is below the two together';
  return `it answered status ${status} and ${began}, which is no answer of the Prometheus API; ${remedy}`;
}

function refusal(status: number, { errorType, error }: Fields): string {
  const type = typeof errorType === 'string' ? shown(errorType) : 'no errorType';
  const text = typeof error === 'string' ? shown(error) : 'no reason given';
  return `it refused the query with status ${status} (${type}): ${text}`;
}

function seriesIn(data: unknown, at: 'moment' | 'range'): readonly Series[] {
  const { resultType, result } = fieldsOf(data) ?? {};
  if (resultType === 'matrix' && at === 'moment') {
    throw new Unmeasured(
      'it answered with the values of a range, and those of one moment are needed; ask without […], or put it into increase(…) or last_over_time(…)',
    );
  }
  switch (resultType) {
    case 'vector':
    case 'matrix':
      return listOf(result).map((one) => seriesOf(fieldsOf(one)));
    case 'scalar':
      return [{ labels: {}, points: [pointOf(result)] }];
    case 'streams':
      throw new Unmeasured(
        'it answered with log lines, and numbers are needed; count them: sum(count_over_time({…}[{{window}}]))',
      );
    default:
      throw new Unmeasured(
        `it answered with ${typeof resultType === 'string' ? `a ${shown(resultType)}` : 'no resultType'}, and an instant vector is needed; ask for a metric`,
      );
  }
}

function seriesOf(series: Fields | undefined): Series {
  if (series === undefined) throw malformed('a series that is no object');
  const labels = fieldsOf(series.metric) ?? {};
  return { labels: Object.fromEntries(Object.entries(labels).map(labelOf)), points: pointsOf(series) };
}

function labelOf([name, value]: [string, unknown]): [string, string] {
  if (typeof value !== 'string') throw malformed(`a label ${shown(name)} that is no text`);
  return [name, value];
}

function pointsOf({ value, values, histogram, histograms }: Fields): readonly Point[] {
  const numbers = value === undefined ? listOf(values ?? []) : [value];
  const counts = histogram === undefined ? listOf(histograms ?? []) : [histogram];
  return [...numbers.map(pointOf), ...counts.map(histogramPointOf)].sort((a, b) => a.at - b.at);
}

function pointOf(pair: unknown): Point {
  const [time, text] = listOf(pair);
  return { at: millisecondsOf(time), value: numberOf(text) };
}

function histogramPointOf(pair: unknown): Point {
  const [time, histogram] = listOf(pair);
  const { buckets = [] } = fieldsOf(histogram) ?? {};
  return { at: millisecondsOf(time), value: { buckets: listOf(buckets).map(bucketOf) } };
}

/** `[boundary rule, lower, upper, count]`. On which side a boundary is closed is below what a count can show. */
function bucketOf(bucket: unknown): NativeBucket {
  const [, lower, upper, count] = listOf(bucket);
  return { lower: numberOf(lower), upper: numberOf(upper), count: numberOf(count) };
}

/** Seconds with a fraction, as a number. */
function millisecondsOf(seconds: unknown): number {
  if (typeof seconds !== 'number') throw malformed('a time that is no number');
  return Math.round(seconds * 1000);
}

const WORDS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  '+Inf': Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
  Inf: Number.POSITIVE_INFINITY,
};

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Values are texts, so that `NaN` and the infinities fit into JSON. */
export function numberOf(text: unknown): number {
  if (typeof text !== 'string') throw malformed('a value that is no text');
  const word = Object.hasOwn(WORDS, text) ? WORDS[text] : undefined;
  if (word !== undefined) return word;
  if (!NUMBER.test(text)) throw malformed(`"${shown(text)}" where a number belongs`);
  return Number(text);
}

function malformed(what: string): Unmeasured {
  return new Unmeasured(`its answer holds ${what}; is it the API of Prometheus or Loki?`);
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed('something else where a list belongs');
  return value;
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}
