import type { HttpJsonSource } from '../../plan/plan.js';
import { Unmeasured } from '../unmeasured.js';
import type { JsonRequest, Question } from './request.js';

/** A service whose requests and answers are known. */
export interface Preset {
  request(asked: {
    /** The address of the service, as the plan gives it, without a `/` at its end. */
    readonly address: string;
    /** With interval and wave put in. */
    readonly query: string;
    readonly kind: Question['kind'];
    readonly places: Question['places'];
    readonly account: HttpJsonSource['account'];
    readonly timeoutMs: number;
  }): JsonRequest;
  /** The one number of an answer of status 2xx. Throws `Unmeasured`. */
  number(answer: unknown, kind: Question['kind']): number;
}

type Fields = Readonly<Record<string, unknown>>;

/** Anything else is an empty object, in which nothing is found. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A gauge is one number, and so is a count. */
export function severalSeries(count: number, remedy: string): Unmeasured {
  return new Unmeasured(`it answered ${count} series, and one number is needed; ${remedy}`);
}
