import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  EFFECTS,
  EventsInvalid,
  formatEvents,
  type NewEvent,
  parseEvents,
  STAGE_NAMES,
} from '../../src/release/events.js';
import { effectBegun, fold } from '../../src/release/state.js';
import { started, timed } from './events-of.js';

const intent = (effect: (typeof EFFECTS)[number], weight?: number): NewEvent => ({
  type: 'intent',
  effect,
  timeout_ms: 1000,
  ...(weight === undefined ? {} : { weight }),
});
const outcome = (effect: (typeof EFFECTS)[number], ok: boolean, weight?: number): NewEvent => ({
  type: 'outcome',
  effect,
  ok,
  duration_ms: 5,
  ...(weight === undefined ? {} : { weight, verified: true }),
});
const ended: NewEvent = {
  type: 'ended',
  decision: 'promoted',
  reason: 'all-gates-passed',
  summary: 'done',
  weight: 0,
  in_service: '1.2',
};

const anyEvent: fc.Arbitrary<NewEvent> = fc.oneof(
  fc.constantFrom(...STAGE_NAMES).map((stage): NewEvent => ({ type: 'stage-started', stage })),
  fc
    .tuple(fc.constantFrom(...EFFECTS), fc.integer({ min: 0, max: 100 }))
    .map(([e, w]) => intent(e, e === 'traffic' ? w : undefined)),
  fc
    .tuple(fc.constantFrom(...EFFECTS), fc.boolean(), fc.integer({ min: 0, max: 100 }))
    .map(([e, ok, w]) => outcome(e, ok, e === 'traffic' ? w : undefined)),
  fc.string().map((summary): NewEvent => ({ type: 'failing', reason: 'metric-failed', summary })),
);

describe('the state of a release', () => {
  test('is not known while a move of traffic has an intent and no outcome', () => {
    const state = fold([
      started(),
      ...timed([intent('traffic', 5), outcome('traffic', true, 5), intent('traffic', 50)]),
    ]);
    expect(state.weight).toBeNull();
    expect(state.weights.map((point) => point.weight)).toEqual([5]);
  });

  test('a failed move leaves the weight unknown', () => {
    const state = fold([started(), ...timed([intent('traffic', 5), outcome('traffic', false, 5)])]);
    expect(state.weight).toBeNull();
  });

  test('an effect has begun with its intent, whatever became of it', () => {
    expect(effectBegun(fold([started()]))).toBe(false);
    expect(effectBegun(fold([started(), ...timed([intent('canary')])]))).toBe(true);
  });

  test('the first cause of going back stands', () => {
    const state = fold([
      started(),
      ...timed([
        { type: 'failing', reason: 'metric-failed', summary: 'first' },
        { type: 'failing', reason: 'interrupted', summary: 'second' },
      ]),
    ]);
    expect(state.failing).toMatchObject({ reason: 'metric-failed', summary: 'first' });
  });

  test('a release starts once, first, and ends once, last', () => {
    expect(() => fold([])).toThrow(EventsInvalid);
    expect(() => fold(timed([intent('canary')]))).toThrow(EventsInvalid);
    expect(() => fold([started(), started()])).toThrow(EventsInvalid);
    expect(() => fold([started(), ...timed([ended, intent('canary')])])).toThrow(EventsInvalid);
  });

  test('survives being written and read at any point', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
        const all = [started(), ...timed(events)];
        expect(fold(parseEvents(formatEvents(all)))).toEqual(fold(all));
      }),
    );
  });

  test('knows the weight only from the last move of traffic', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
        const state = fold([started(), ...timed(events)]);
        const last = events.findLast(
          (e) => (e.type === 'intent' || e.type === 'outcome') && e.effect === 'traffic',
        );
        const known = last?.type === 'outcome' && last.ok ? (last.weight ?? null) : null;
        expect(state.weight).toBe(last ? known : 0);
      }),
    );
  });
});

describe('reading events.jsonl fails closed', () => {
  const good = formatEvents([started()]);
  test.each([
    ['a line that is not JSON', `${good}{"type":`],
    ['an unknown type', `${good}{"type":"promoted","at":"2026-03-01T10:00:00.000Z"}\n`],
    [
      'a weight above 100',
      `${good}{"type":"intent","at":"2026-03-01T10:00:00.000Z","effect":"traffic","weight":101,"timeout_ms":1}\n`,
    ],
    ['a time that is no time', `${good}{"type":"stage-started","at":"yesterday","stage":"plan"}\n`],
    ...['1.1\n::error::hacked', '1.1 b', '\u001b[2J', '', 'x'.repeat(256)].flatMap(
      (version): [string, string][] => [
        [`the version ${JSON.stringify(version)}`, formatEvents([started({ version })])],
        ['it before', formatEvents([started({ previous: { version, sha: null } })])],
        ['it read back', formatEvents([started(), ...timed([{ type: 'read-back', version }])])],
      ],
    ),
    ['an empty line in the middle', `${good}\n${good}`],
  ])('on %s', (_, text) => {
    expect(() => parseEvents(text)).toThrow(EventsInvalid);
  });
});
