import type { MetricKind, WorseBy } from './plan.js';
import { type Reading, type Refusal, refuse } from './reading.js';

export const MARGIN_PATTERN = '^\\d+(\\.\\d+)?\\s*(pp|%)?$';

const EXAMPLES = { errors: '`0.5pp`', latency: '`10%`', gauge: '`15%`' } as const;

/** Narrower margins than this would take more samples than anybody has. */
const LEAST_RELATIVE = 0.001;
const MOST_RELATIVE = 100;
/** Where more is better nothing can be worse by more than all of it. */
const MOST_OF_HIGHER = 0.99;

type Written = string | number;

/** Reads `0.5pp`, `10%`, a number in the unit of a gauge, or a list of an absolute and a relative margin. */
export function parseWorseBy(
  written: Written | readonly Written[],
  metric: { readonly kind: MetricKind; readonly better: 'lower' | 'higher' },
): Reading<WorseBy> {
  const margins: { absolute: number | null; relative: number | null } = { absolute: null, relative: null };
  for (const one of typeof written === 'object' ? written : [written]) {
    const read = parseMargin(String(one).trim(), metric);
    if (!('value' in read)) return read;
    const { form, by } = read.value;
    if (margins[form] !== null)
      return refuse(`Two ${form} margins contradict each other`, 'Write one of them.');
    margins[form] = by;
  }
  if (metric.kind === 'gauge' && margins.absolute !== null && margins.relative !== null) {
    return refuse('A gauge has one margin', 'Write a percentage, or a number in its unit.');
  }
  return { value: margins };
}

function parseMargin(
  text: string,
  { kind, better }: { readonly kind: MetricKind; readonly better: 'lower' | 'higher' },
): Reading<{ readonly form: 'absolute' | 'relative'; readonly by: number }> {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*(pp|%)?$/.exec(text) ?? [];
  if (digits === '') return isNoMargin(kind);
  if (kind === 'errors' && unit === '' && Number(digits) > 0 && Number(digits) < 100) {
    return { ...isNoMargin(kind), remedy: `Did you mean \`${digits}pp\`?` };
  }
  if (Number(digits) === 0) {
    return refuse(
      'No number of samples can show that two versions are exactly alike',
      `Write how much worse is still good enough, for example ${EXAMPLES[kind]}.`,
    );
  }
  if (unit === '%') {
    const by = Number(`${digits}e-2`);
    const most = better === 'higher' ? MOST_OF_HIGHER : MOST_RELATIVE;
    if (by >= LEAST_RELATIVE && by <= most) return { value: { form: 'relative', by } };
    return refuse(
      `A relative margin is from ${LEAST_RELATIVE * 100}% to ${most * 100}%`,
      `Write for example ${EXAMPLES[kind]}.`,
    );
  }
  if (kind === 'errors' && unit === 'pp' && Number(digits) < 100) {
    return { value: { form: 'absolute', by: Number(`${digits}e-2`) } };
  }
  if (kind === 'gauge' && unit === '') return { value: { form: 'absolute', by: Number(digits) } };
  return isNoMargin(kind);
}

function isNoMargin(kind: MetricKind): Refusal {
  switch (kind) {
    case 'errors':
      return refuse(
        'Errors are worse by percentage points (`pp`, below 100) or by a percentage of the baseline',
        'Write for example `0.5pp`, `25%` or `[0.5pp, 25%]`.',
      );
    case 'latency':
      return refuse('A latency is worse by a percentage of the baseline', 'Write for example `10%`.');
    case 'gauge':
      return refuse(
        'A gauge is worse by a percentage of the baseline, or by a number in its unit',
        'Write for example `15%`.',
      );
  }
}
