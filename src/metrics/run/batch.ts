import type { MetricKind } from '../../plan/plan.js';
import type { CountSample, LatencySample, MetricBatch } from '../contract.js';
import { Unmeasured } from '../unmeasured.js';

const EXAMPLES = {
  errors: '{"canary": {"failed": 1, "total": 250}, "baseline": {"failed": 9, "total": 4750}}',
  latency: '{"canary": {"values": [12.5, 80]}, "baseline": {"values": [11, 79.5]}}',
  gauge: '{"canary": 51.5, "baseline": 50}',
} as const satisfies Record<MetricKind, string>;

type Fields = Readonly<Record<string, unknown>>;
/** Reads one arm; throws a `RangeError` that says what is wrong with what was found. */
type Read<Sample> = (value: unknown, where: string) => Sample;

/**
 * What a script printed as its last line, by the kind of its metric. An arm that it left out or calls null is missing.
 * Throws `Unmeasured` for anything else. What was printed is described and never shown, since it may be anything.
 */
export function batchFrom(line: string, kind: MetricKind): MetricBatch {
  try {
    const arms = armsIn(line);
    switch (kind) {
      case 'errors':
        return { kind, ...both(arms, counts) };
      case 'latency':
        return { kind, ...both(arms, latencies) };
      case 'gauge':
        return { kind, ...both(arms, number) };
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Unmeasured(`${error.message}; print one object as the last line, such as ${EXAMPLES[kind]}`);
  }
}

function armsIn(line: string): Fields {
  const printed = fieldsIn(parse(line), 'the last line that the script printed');
  refuseOthers(printed, ['canary', 'baseline'], 'the last line');
  if (!Object.hasOwn(printed, 'canary')) throw new RangeError('the script printed nothing of the canary');
  return printed;
}

function parse(line: string): unknown {
  if (line === '') throw new RangeError('the script printed nothing');
  try {
    return JSON.parse(line);
  } catch {
    throw new RangeError(`the script's last line of ${line.length} characters is no JSON`);
  }
}

function both<Sample>({ canary = null, baseline }: Fields, read: Read<Sample>) {
  const missing = Object.entries({ canary, baseline }).filter(([, value]) => value === null);
  const problem = missing.map(([arm]) => `the script printed null for the ${arm}`).join('; ');
  return {
    canary: canary === null ? null : read(canary, 'canary'),
    baseline: baseline === null || baseline === undefined ? null : read(baseline, 'baseline'),
    ...(problem === '' ? {} : { problem }),
  };
}

function counts(value: unknown, where: string): CountSample {
  const printed = fieldsIn(value, where);
  refuseOthers(printed, ['failed', 'total'], where);
  return {
    failed: number(printed.failed, `${where}.failed`),
    total: number(printed.total, `${where}.total`),
  };
}

function latencies(value: unknown, where: string): LatencySample {
  const printed = fieldsIn(value, where);
  if (Object.hasOwn(printed, 'values')) {
    refuseOthers(printed, ['values'], where);
    return { values: numbers(printed.values, `${where}.values`) };
  }
  refuseOthers(printed, ['edges', 'counts'], where);
  return {
    edges: numbers(printed.edges, `${where}.edges`),
    counts: numbers(printed.counts, `${where}.counts`),
  };
}

function numbers(value: unknown, where: string): readonly number[] {
  if (!Array.isArray(value)) throw new RangeError(`${where} is ${typeOf(value)}, and a list is needed`);
  return value.map((one, i) => number(one, `${where}.${i}`));
}

/** JSON knows neither NaN nor infinities, but `1e999` is one. */
function number(value: unknown, where: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new RangeError(`${where} is ${typeOf(value)}, and a finite number is needed`);
}

function fieldsIn(value: unknown, where: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new RangeError(`${where} is ${typeOf(value)}, and an object is needed`);
}

function refuseOthers(printed: Fields, known: readonly string[], where: string): void {
  const others = Object.keys(printed).filter((key) => !known.includes(key));
  if (others.length === 0) return;
  const found = others.length === 1 ? 'another key' : `${others.length} other keys`;
  throw new RangeError(`${where} has ${found} than ${known.join(' and ')}`);
}

function typeOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value === 'string' ? 'text' : typeof value}`;
}
