import { asksForAmounts } from '../../plan/asked.js';
import type { HttpJsonSource, Queries } from '../../plan/plan.js';
import type { CountSample } from '../contract.js';
import type { MetricOf } from '../driver.js';
import { type ArmReader, createArmReader } from '../reading/arm.js';
import { createReader, type Reader } from '../reading/pair.js';
import { amountTrack, counterTrack, type Track } from '../reading/track.js';
import { Unmeasured } from '../unmeasured.js';

/** Follows a metric of numbers. Counts asked for without an interval are counters. */
export function createNumberReader({ kind, source }: MetricOf<'http-json'>): Reader<number> {
  const { canary, baseline } = source;
  if (kind === 'errors') {
    return createReader({
      canary: errorsReader('canary', canary, source),
      baseline: baseline === null ? null : errorsReader('baseline', baseline, source),
      tense: 'live',
      batchOf: (arms) => ({ kind, ...arms }),
    });
  }
  return createReader({
    canary: gaugeReader('canary', canary),
    baseline: baseline === null ? null : gaugeReader('baseline', baseline),
    tense: 'live',
    batchOf: (arms) => ({ kind: 'gauge', ...arms }),
  });
}

function errorsReader(
  arm: string,
  asked: Queries | null,
  source: HttpJsonSource,
): ArmReader<number, CountSample> {
  const { failed, total } = asked?.kind === 'errors' ? asked : { failed: '', total: '' };
  const queries = [
    { name: `${arm}.failed`, text: failed },
    { name: `${arm}.total`, text: total },
  ];
  return createArmReader({
    queries,
    tracks: queries.map(({ name, text }) => countTrack(name, asksForAmounts(source, text))),
    sampleOf: ([failed = Number.NaN, total = Number.NaN]) => ({ failed, total }),
  });
}

function gaugeReader(arm: string, asked: Queries | null): ArmReader<number, number> {
  return createArmReader({
    queries: [{ name: arm, text: asked?.kind === 'gauge' ? asked.value : '' }],
    tracks: [amountTrack((value: number) => value)],
    sampleOf: ([value = Number.NaN]) => value,
  });
}

function countTrack(what: string, isAmount: boolean): Track<number, number> {
  const read = (value: number) => {
    if (value >= 0) return value;
    throw new Unmeasured(`${what} answered ${value}, and a count is not below zero`);
  };
  if (isAmount) return amountTrack(read);
  return counterTrack({
    read,
    since(before, now) {
      if (now >= before) return { amount: now - before, notes: [], known: now };
      throw new Unmeasured(
        `${what} went back from ${before} to ${now}: what counts restarted, or another one answered; ask for the amount of an interval, by {{from}} and {{to}} or {{window}}`,
      );
    },
  });
}
