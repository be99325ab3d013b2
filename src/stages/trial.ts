import { type Gathering, gather, NOTHING_GATHERED, openRows, together } from '../judge/gathering.js';
import { type JudgeState, type JudgeVerdict, verdict } from '../judge/judge.js';
import { gateVerdict, metricVerdicts } from '../judge/metric-verdict.js';
import { own } from '../judge/own.js';
import { type TrailPoint, trailPoint } from '../judge/trail.js';
import {
  afterEntry,
  type TrialBegun,
  type TrialEntry,
  type TrialPhase,
  type TrialSamples,
} from '../judge/trial.js';
import type { MetricVerdict, Verdict } from '../judge/verdict.js';
import type { Batch } from '../metrics/contract.js';
import type { Metric, Source } from '../plan/plan.js';
import { remembers } from '../plan/remembers.js';
import type { Journal } from '../release/journal.js';
import { parseSamples, SAMPLES_FILE } from '../release/samples.js';

/** What the judge said at the end of a step or watch. */
export interface Observation {
  readonly verdict: Verdict;
  /** The judge's own sentence. */
  readonly reason: string;
  readonly combined: Pick<JudgeVerdict, 'logE' | 'logLimit'>;
  readonly metrics: readonly MetricVerdict[];
  readonly trail: readonly TrailPoint[];
  readonly traffic: JudgeVerdict['traffic'];
}

const PROBE_PATIENCE_MS = 5_000;
const LEAST_PATIENCE_MS = 2_000;
const MOST_REASONS = 10;
const MOST_POINTS = 60;

/**
 * One judge over a stage, and the record of all that it is given: it is given what is kept, and nothing else, so that
 * every verdict can be computed anew from the ledger.
 */
export class Trial {
  readonly #journal: Pick<Journal, 'keep'>;
  readonly #metrics: readonly Metric[];
  readonly #begun: TrialBegun;
  #state: JudgeState;
  #gathering: Gathering = NOTHING_GATHERED;
  #waiting: TrialSamples[] = [];
  #trail: TrailPoint[] = [];
  readonly #until = new Map<string, number>();
  /** As `#until`, for what stands in the record. */
  readonly #given = new Map<string, number>();
  #listensFrom = 0;
  #decided = false;
  readonly #failures = new Map<string, Map<string, number>>();

  private constructor(
    journal: Pick<Journal, 'keep'>,
    metrics: readonly Metric[],
    from: { readonly begun: TrialBegun; readonly state: JudgeState },
  ) {
    this.#journal = journal;
    this.#metrics = metrics;
    this.#begun = from.begun;
    this.#state = from.state;
  }

  /** A judge that has seen nothing yet. */
  static begin(
    journal: Pick<Journal, 'keep'>,
    metrics: readonly Metric[],
    options: Omit<TrialBegun, 'type' | 'version'>,
  ): Trial {
    const begun = journal.keep(SAMPLES_FILE, { type: 'trial', version: 1, ...options } as const);
    return new Trial(journal, metrics, { begun, state: afterEntry(null, begun) });
  }

  /** The judge as the record left it, whoever kept that; null when the record has none for this stage. */
  static restore(
    journal: Pick<Journal, 'keep' | 'kept'>,
    metrics: readonly Metric[],
    stage: TrialBegun['stage'],
  ): Trial | null {
    const all = parseSamples(journal.kept(SAMPLES_FILE).join('\n'));
    const entries = all.slice(all.findLastIndex((entry) => entry.type === 'trial'));
    const [begun] = entries;
    if (begun?.type !== 'trial' || begun.stage !== stage) return null;
    const state = entries.reduce<JudgeState | null>(afterEntry, null);
    if (state === null) return null;
    const trial = new Trial(journal, metrics, { begun, state });
    trial.#recall(entries);
    return trial;
  }

  /** Up to when the judge was given a metric's samples, in milliseconds since 1970; null when it was given none. */
  until(metric: string): number | null {
    return this.#given.get(metric) ?? null;
  }

  get metrics(): readonly Metric[] {
    return this.#metrics;
  }

  /** A new weight or wave begins. */
  phase(phase: Omit<TrialPhase, 'type'>): void {
    this.#close();
    this.#enter({ type: 'phase', ...phase });
  }

  /** From now on samples are expected. */
  listen(from: number): void {
    this.#listensFrom = from;
    this.#decided = false;
  }

  /** Takes in what a source handed over; a look gives it to the judge. */
  take(name: string, batch: Batch): void {
    const rule = this.#begun.rules.metrics[name];
    // What comes after the verdict must not change it: the release stopped looking when it had it.
    if (rule === undefined || this.#decided) return;
    this.#countFailures(name, batch);
    this.#until.set(name, batch.to);
    const { gathering, closed } = gather(this.#gathering, { name, rule, batch }, this.#begun.plannedMs);
    this.#gathering = gathering;
    this.#waiting.push(...closed);
  }

  /**
   * Gives the judge the rows that are complete, and says whether it has decided: failed it, what is still open
   * included, or with `early` passed it. What comes later is not listened to.
   */
  look(asked: {
    readonly at: number;
    readonly deadline: number;
    readonly early: boolean;
    /** What sources remember was asked for, up to a while ago. */
    readonly unattended?: boolean;
  }): boolean {
    const when = { now: asked.at, deadline: asked.deadline };
    if (this.#giveWaiting()) this.#trail.push(trailPoint(asked.at, verdict(this.#state, when)));
    const withOpen = openRows(this.#gathering).reduce<JudgeState>(afterEntry, this.#state);
    // Nobody passes before its time on what a source said before it fell silent.
    const passes = () =>
      asked.early &&
      verdict(this.#state, when).decision === 'pass' &&
      (asked.unattended || this.#silences(asked).length === 0);
    if (withOpen.failed === null && !passes()) return false;
    this.#close();
    this.#decided = this.#state.failed !== null || passes();
    return this.#decided;
  }

  /** What cannot be asked about again must not be lost when nobody stays. */
  keepForgetful(): void {
    const names = new Set(this.#metrics.filter(({ source }) => !remembers(source)).map(({ name }) => name));
    const open = Object.entries(this.#gathering.open);
    const kept = Object.fromEntries(open.filter(([name]) => names.has(name)));
    this.#waiting.push(...openRows({ ...this.#gathering, open: kept }));
    this.#gathering = {
      ...this.#gathering,
      open: Object.fromEntries(open.filter(([name]) => !names.has(name))),
    };
    this.#giveWaiting();
  }

  /** The verdict on all that came so far. */
  conclude({
    at,
    deadline,
    unattended = false,
  }: {
    readonly at: number;
    readonly deadline: number;
    /** Nobody stayed: a source that remembers nothing was silent because it was not asked. */
    readonly unattended?: boolean;
  }): Observation {
    this.#close();
    if (!this.#decided) this.#missSilence({ at: Math.min(at, deadline), unattended });
    const found = verdict(this.#state, { now: at, deadline });
    this.#enter({ type: 'verdict', at, deadline, decision: found.decision });
    const trail = thinned([...this.#trail, trailPoint(at, found)]);
    this.#trail = [];
    return {
      verdict: gateVerdict(found),
      reason: found.reason,
      combined: { logE: found.logE, logLimit: found.logLimit },
      metrics: metricVerdicts(found, {
        rules: this.#begun.rules.metrics,
        failures: Object.fromEntries(
          [...this.#failures].map(([name, reasons]) => [name, Object.fromEntries(reasons)]),
        ),
      }),
      trail,
      traffic: found.traffic,
    };
  }

  /** A source that falls silent hands over nothing that says so: the time without it is missing, not absent. */
  #missSilence(when: { readonly at: number; readonly unattended: boolean }): void {
    const { at } = when;
    for (const { metric, from } of this.#silences(when)) {
      const { name, kind } = metric;
      const problem = `nothing came for ${Math.round((at - from) / 1000)} s`;
      const missing = { kind, canary: null, baseline: null, problem } as const;
      this.#enter({ type: 'samples', from, to: at, metrics: { [name]: missing } });
    }
  }

  #silences({
    at,
    unattended = false,
  }: {
    readonly at: number;
    readonly unattended?: boolean;
  }): readonly { readonly metric: Metric; readonly from: number }[] {
    return this.#metrics.flatMap((metric) => {
      if (unattended && !remembers(metric.source)) return [];
      const from = Math.max(this.#until.get(metric.name) ?? 0, this.#listensFrom);
      return at - from <= patience(metric.source) ? [] : [{ metric, from }];
    });
  }

  #enter(entry: TrialEntry): void {
    this.#state = afterEntry(this.#state, this.#journal.keep(SAMPLES_FILE, entry));
    this.#noteGiven(entry);
  }

  #noteGiven(entry: TrialEntry): void {
    if (entry.type !== 'samples') return;
    for (const name of Object.keys(entry.metrics)) this.#given.set(name, entry.to);
  }

  #recall(entries: readonly TrialEntry[]): void {
    const rows: Record<string, number> = {};
    for (const entry of entries) {
      this.#noteGiven(entry);
      if (entry.type !== 'samples') continue;
      for (const name of Object.keys(entry.metrics)) rows[name] = (own(rows, name) ?? 0) + 1;
    }
    for (const [name, to] of this.#given) this.#until.set(name, to);
    this.#gathering = { open: {}, rows };
  }

  #giveWaiting(): boolean {
    const rows = together(this.#waiting);
    this.#waiting = [];
    for (const row of rows) this.#enter(row);
    return rows.length > 0;
  }

  #close(): void {
    this.#waiting.push(...openRows(this.#gathering));
    this.#gathering = { ...this.#gathering, open: {} };
    this.#giveWaiting();
  }

  #countFailures(name: string, batch: Batch): void {
    if (batch.kind !== 'errors') return;
    const reasons = this.#failures.get(name) ?? new Map<string, number>();
    for (const [reason, count] of Object.entries(batch.canary?.failures ?? {})) {
      if (reasons.size < MOST_REASONS || reasons.has(reason))
        reasons.set(reason, (reasons.get(reason) ?? 0) + count);
    }
    this.#failures.set(name, reasons);
  }
}

/**
 * How long a source may be silent: an interval is known after its end, and the next is not over. Waiting for an answer
 * that hangs is silence, too.
 */
function patience(source: Source): number {
  if (source.kind === 'probe') return PROBE_PATIENCE_MS;
  const delayMs = source.kind === 'run' ? 0 : source.delayMs;
  return Math.max(LEAST_PATIENCE_MS, 2 * source.everyMs) + delayMs;
}

/** At most so many points, spread evenly, the first and the last among them. */
function thinned(points: readonly TrailPoint[]): readonly TrailPoint[] {
  if (points.length <= MOST_POINTS) return points;
  const step = (points.length - 1) / (MOST_POINTS - 1);
  return Array.from({ length: MOST_POINTS }, (_, i) => points[Math.round(i * step)]).filter(
    (point) => point !== undefined,
  );
}
