import { hasPlace } from '../../plan/places.js';
import type { HttpJsonSource, MetricKind } from '../../plan/plan.js';
import type { Span } from '../contract.js';
import { fill, type Places, waveFor, windowOf } from '../templates.js';
import { shown, Unmeasured } from '../unmeasured.js';

/** What is asked about one arm. */
export interface Question {
  /** The text of the plan; empty where one question is all. */
  readonly query: string;
  readonly kind: MetricKind;
  readonly places: Places;
}

export interface JsonRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** Names and numbers of regions. Each service has a language of its own, and no way to quote is good for all. */
const PLAIN = /^[\w.:/-]*$/;

/** What an arm asks, with the interval and the wave put in. Throws `Unmeasured`. */
export function queryOf({ query, places }: Question): string {
  const wave = waveFor(query, places.wave);
  if (!PLAIN.test(wave) && hasPlace(query, ['wave'])) {
    throw new Unmeasured(
      `the wave "${shown(wave)}" cannot be put into a query: only letters, digits and . _ : / - can; name it otherwise`,
    );
  }
  return fill(query, { ...interval(places), wave }, (value) => value);
}

/** The request of a source without a preset; URL and body have their variables in. */
export function requestFor(
  { url, body, method, headers }: Pick<HttpJsonSource, 'url' | 'body' | 'method' | 'headers'>,
  question: Question,
): JsonRequest {
  const isForm = Object.entries(headers).some(
    ([name, value]) => name.toLowerCase() === 'content-type' && value.includes('x-www-form-urlencoded'),
  );
  return {
    url: fill(url, valuesFor(url, question), encodeURIComponent),
    method,
    headers: body === null ? {} : { 'content-type': 'application/json' },
    body: body === null ? null : fill(body, valuesFor(body, question), isForm ? encodeURIComponent : inJson),
  };
}

/** Where the number is in the answer. */
export function pathFor(path: string | null, question: Question): string | null {
  return path === null ? null : fill(path, valuesFor(path, question), (value) => value);
}

function valuesFor(template: string, question: Question): Readonly<Record<string, string>> {
  const { places } = question;
  return {
    ...interval(places),
    wave: waveFor(template, places.wave),
    query: hasPlace(template, ['query']) ? queryOf(question) : '',
  };
}

function interval(span: Span): Readonly<Record<string, string>> {
  return { from: String(span.from / 1000), to: String(span.to / 1000), window: windowOf(span) };
}

function inJson(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}
