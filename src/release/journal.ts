import type { Redactor } from '../host/contract.js';
import { type Current, RECENT } from './current.js';
import {
  EventsInvalid,
  formatEvents,
  type NewEvent,
  parseEvents,
  type ReleaseEvent,
  type Started,
} from './events.js';
import { asProblem, ReleaseProblem } from './problem.js';
import { quarantineAfter } from './quarantine.js';
import { REASON_CODES } from './reasons.js';
import type { LedgerSession } from './session.js';
import { apply, fold, type ReleaseState } from './state.js';

/** Renders what people read: `report.md`, charts, the branch's `README.md`. Pure; given by the caller. */
export type RenderPages = (state: ReleaseState, current: Current) => Readonly<Record<string, string>>;

/**
 * The events of one release. `record` keeps an event for the next write; `commit` writes them. An effect that
 * must not happen without a record commits its intent first and lets its outcome ride along with the next write.
 */
export class Journal {
  readonly #session: LedgerSession;
  readonly #redactor: Redactor;
  readonly #pages: RenderPages;
  /** The record as it stands in the ledger or will: what others wrote is kept to the letter. */
  #text: string;
  /** As much of it as the ledger is known to hold. */
  #known: string;
  #count: number;
  #lastAt: string;
  #state: ReleaseState;
  readonly #remember: NonNullable<JournalOptions['remember']>;
  readonly #tell: (event: ReleaseEvent) => void;
  #written: number;
  /** Lines that grow beside the events, by file; `#keptWritten` is how many of each the ledger has. */
  readonly #kept = new Map<string, string[]>();
  readonly #keptWritten = new Map<string, number>();

  private constructor(
    options: JournalOptions,
    record: { readonly text: string; readonly events: readonly ReleaseEvent[] },
    written: number,
  ) {
    const { text, events } = record;
    this.#session = options.session;
    this.#redactor = options.redactor;
    this.#pages = options.pages;
    this.#remember = options.remember ?? (() => undefined);
    this.#tell = options.tell ?? (() => undefined);
    this.#text = text === '' || text.endsWith('\n') ? text : `${text}\n`;
    this.#known = written === 0 ? '' : this.#text;
    this.#count = events.length;
    this.#lastAt = events.at(-1)?.at ?? '';
    this.#state = fold(events);
    this.#written = written;
  }

  /** Starts the record of a new release and takes the lease with its first write. */
  static async start(options: JournalOptions, events: readonly NewEvent[]): Promise<Journal> {
    const { session, redactor } = options;
    const at = new Date(session.now()).toISOString();
    const first = events.map((event) => redacted({ ...event, at } as ReleaseEvent, redactor));
    const journal = new Journal(options, { text: formatEvents(first), events: first }, 0);
    const { release, fence } = journal.#state.started;
    // A step that is killed before it hears that the lease is its own must not leave it to run out.
    journal.#mustRemember();
    try {
      await session.acquire({
        fence,
        headline: `${release} started`,
        files: { ...journal.#files(), ...(session.exists ? {} : journal.#frontPage()) },
        change: (current) => ({ ...current, release }),
      });
    } catch (error) {
      // Without an answer it may stand in the ledger; refused, there is nothing for post to look after.
      if (asProblem(error).reason !== 'ledger-unreachable') journal.#forget();
      throw error;
    }
    for (const event of first) journal.#tell(event);
    journal.#wrote(journal.#standing());
    return journal;
  }

  /** Goes on from the events that an earlier process of the same step remembered. */
  static recall(options: JournalOptions, text: string): Journal {
    const events = parseEvents(text);
    return new Journal(options, { text, events }, events.length);
  }

  /** Reads back the record of a release that another step began. */
  static async reopen(options: JournalOptions, release: string): Promise<Journal> {
    const record = await readRecord(options.session, release);
    return new Journal(options, record, record.events.length);
  }

  /** Takes over a release that another owner began: the lease and the note of it in one write. */
  static async takeOver(
    options: JournalOptions,
    record: ReleaseRecord,
    kept: Readonly<Record<string, string>> = {},
  ): Promise<Journal> {
    const { session } = options;
    const journal = new Journal(options, record, record.events.length);
    for (const [file, text] of Object.entries(kept)) journal.#keepOn(file, text);
    const { started } = journal.#state;
    const fence = session.current.fence + 1;
    journal.record({ type: 'taken-over', owner: session.owner, fence, run: session.run });
    const headline = `${started.release} taken over by ${session.run.url}`;
    // From the moment that the lease is ours, nobody else may act: a step that is lost right then must know of it.
    journal.#mustRemember();
    await session.acquire({ fence, headline, files: journal.#files() });
    journal.#wrote(journal.#standing());
    return journal;
  }

  get state(): ReleaseState {
    return this.#state;
  }

  get session(): LedgerSession {
    return this.#session;
  }

  record(event: NewEvent): void {
    // GitHub's clock is read from its answers and may be set back a little; the record never runs backwards.
    const now = Math.max(this.#session.now(), Date.parse(this.#lastAt) || 0);
    const at = new Date(now).toISOString();
    const full = redacted({ ...event, at } as ReleaseEvent, this.#redactor);
    this.#state = apply(this.#state, full);
    this.#text += formatEvents([full]);
    this.#count++;
    this.#lastAt = at;
    this.#tell(full);
  }

  /** Keeps a line of JSON in a file beside the events; it rides along with the next write. Returns it as it is kept. */
  keep<T extends object>(file: string, line: T): T {
    const lines = this.#kept.get(file) ?? [];
    const kept = redacted(line, this.#redactor);
    lines.push(JSON.stringify(kept));
    this.#kept.set(file, lines);
    return kept;
  }

  /** Goes on with a file that an earlier owner began. */
  #keepOn(file: string, text: string): void {
    const lines = text.split('\n').filter((line) => line !== '');
    this.#kept.set(file, lines);
    this.#keptWritten.set(file, lines.length);
  }

  /** The lines that were kept in a file. */
  kept(file: string): readonly string[] {
    return this.#kept.get(file) ?? [];
  }

  /** Writes what was recorded. Proves, too, that the lease is still held. Rejects with a `ReleaseProblem`. */
  async commit(headline: string): Promise<void> {
    await this.#write({ headline });
  }

  /**
   * An earlier process of this step may have written more than it could remember before it was killed: what is new
   * here comes after that, and replaces none of it. Gives the text of a write that was made before.
   */
  async #catchUp(written: string): Promise<string> {
    const { text } = await readRecord(this.#session, this.#state.started.release);
    if (this.#text.startsWith(text)) return written;
    const after = (known: string): string => text + known.slice(this.#known.length);
    const caughtUp = after(written);
    this.#text = after(this.#text);
    const events = parseEvents(this.#text);
    this.#state = fold(events);
    this.#count = events.length;
    this.#known = text;
    return caughtUp;
  }

  /** Looks after the lease until `signal` aborts. What was recorded meanwhile rides along with each renewal. */
  keepAlive(signal: AbortSignal, onTrouble: (problem: ReleaseProblem) => void): Promise<void> {
    const renew = async (): Promise<void> => {
      // The end gives the lease back in the same write: by itself it would leave a release that cannot be.
      if (this.#state.ended || this.#state.parked) return;
      // Samples go with it, so that a runner that is lost takes no more of them along than came since.
      if (!this.settled || this.#keepsMore) return this.commit('lease renewed');
      return this.#session.write({ headline: 'lease renewed', files: {} });
    };
    return this.#session.keepAlive(signal, { onTrouble, renew });
  }

  /** Leaves the release where it is, without an owner, until somebody looks. */
  async park(parked: Omit<Extract<NewEvent, { type: 'parked' }>, 'type'>): Promise<void> {
    this.record({ type: 'parked', ...parked });
    const { resume_at, until, weight } = parked;
    await this.#write({
      headline: `parked at ${parked.weight} %`,
      change: (current) => ({ ...current, parked: { resume_at, until, weight } }),
      release: true,
    });
  }

  /** Whether all that was recorded has been written. */
  get settled(): boolean {
    return this.#written === this.#count;
  }

  /** Whether lines were kept that no write has taken along yet. */
  get #keepsMore(): boolean {
    return [...this.#kept].some(([file, lines]) => lines.length !== this.#keptWritten.get(file));
  }

  /** Ends the release, gives the lease back, and writes the pages. */
  async end(event: Omit<Extract<NewEvent, { type: 'ended' }>, 'type'>): Promise<void> {
    this.record({ type: 'ended', ...event });
    // A step that is killed now must not take back what has ended: its post only writes the end again.
    this.#mustRemember();
    await this.writeEnd();
  }

  /** Writes an end that was recorded and perhaps not written. */
  async writeEnd(): Promise<void> {
    const { started, ended } = this.#state;
    const change = (current: Current): Current => ({
      ...current,
      release: current.release === started.release ? null : current.release,
      last_promoted: promotedBy(this.#state) ?? current.last_promoted,
      quarantine: [...quarantineAfter(current.quarantine, this.#state)],
      recent: [summaryOf(this.#state), ...current.recent].slice(0, RECENT),
    });
    await this.#write({
      headline: `ended ${ended?.decision ?? ''}`,
      pages: () => this.#pages(this.#state, change(this.#session.current)),
      change,
      release: true,
    });
  }

  /** Writes what is recorded by now, and no more: what is recorded while it waits belongs to another write. */
  async #write(write: {
    readonly headline: string;
    readonly pages?: () => Readonly<Record<string, string>>;
    readonly change?: (current: Current) => Current;
    readonly release?: true;
  }): Promise<void> {
    const { headline, pages, ...rest } = write;
    let standing = this.#standing();
    const files = () => ({ ...this.#files(standing.text), ...pages?.() });
    await this.#session.write({
      ...rest,
      headline: this.#headline(headline),
      files: files(),
      anew: async () => {
        const text = await this.#catchUp(standing.text);
        standing = { ...standing, text, count: text.split('\n').length - 1 };
        return files();
      },
    });
    this.#wrote(standing);
  }

  #standing(): Standing {
    const kept = new Map([...this.#kept].map(([file, lines]) => [file, lines.length]));
    return { text: this.#text, count: this.#count, kept };
  }

  #wrote({ text, count, kept }: Standing): void {
    for (const [file, lines] of kept) this.#keptWritten.set(file, lines);
    this.#known = text;
    this.#written = Math.max(this.#written, count);
    this.#mustRemember();
  }

  #mustRemember(): void {
    const { started, ended, parked } = this.#state;
    // What is parked is nobody's to take back: post leaves it alone as it does what has ended.
    const isOver = (ended !== null || parked !== null) && this.settled;
    this.#remember(this.#text, { started, isOver });
  }

  #forget(): void {
    this.#remember(this.#text, { started: this.#state.started, isOver: true });
  }

  #files(text = this.#text): Record<string, string> {
    const files: Record<string, string> = { [`${this.#state.started.release}/events.jsonl`]: text };
    for (const [file, lines] of this.#kept) {
      if (lines.length === this.#keptWritten.get(file)) continue;
      files[`${this.#state.started.release}/${file}`] = `${lines.join('\n')}\n`;
    }
    return files;
  }

  /** A new ledger shows at once what it is. */
  #frontPage(): Record<string, string> {
    const { 'README.md': page } = this.#pages(this.#state, this.#session.current);
    return page === undefined ? {} : { 'README.md': page };
  }

  /** Unique for each write, so that a write with an unknown outcome can be recognised when it is read back. */
  #headline(text: string): string {
    const { release } = this.#state.started;
    return `${release} ${text} (${this.#session.owner.slice(0, 8)} ${this.#written + 1}-${this.#count})`;
  }
}

/** How far a journal is: what a write that begins now will have written. */
interface Standing {
  readonly text: string;
  readonly count: number;
  readonly kept: ReadonlyMap<string, number>;
}

/** The events of a release as they stand in the ledger. */
export interface ReleaseRecord {
  readonly text: string;
  readonly events: readonly ReleaseEvent[];
  readonly state: ReleaseState;
}

/** Rejects with `ledger-invalid` when there is no such record or it cannot be one. */
export async function readRecord(session: LedgerSession, release: string): Promise<ReleaseRecord> {
  const text = await session.readFile(`${release}/events.jsonl`);
  if (text === null) {
    throw new ReleaseProblem(
      'ledger-invalid',
      `current.json names the release ${release}, which has no events`,
    );
  }
  try {
    const events = parseEvents(text);
    return { text, events, state: fold(events) };
  } catch (error) {
    if (!(error instanceof EventsInvalid)) throw error;
    throw new ReleaseProblem('ledger-invalid', `${release}: ${error.message}`, { cause: error });
  }
}

export interface JournalOptions {
  readonly session: LedgerSession;
  readonly redactor: Redactor;
  readonly pages: RenderPages;
  /**
   * Called after each write, before anything is done on the strength of it: what a killed step must not forget.
   * `isOver` once the end is in the ledger.
   */
  readonly remember?: (
    events: string,
    about: { readonly started: Started; readonly isOver: boolean },
  ) => void;
  /** Called with each event as it is recorded, redacted: for the log. */
  readonly tell?: (event: ReleaseEvent) => void;
}

function promotedBy(state: ReleaseState): Current['last_promoted'] {
  const { ended, started } = state;
  if (ended?.decision === 'promoted') {
    const { release, version, sha } = started;
    return { release, version, sha, at: ended.at };
  }
  // A person took back what had been promoted: what is in service now is the version before.
  const { previous } = started;
  if (started.kind !== 'rollback' || ended?.decision !== 'rolled-back' || !previous?.sha) return null;
  return { release: started.release, version: previous.version, sha: previous.sha, at: ended.at };
}

/** A release that has ended, as the front page lists it. */
export function summaryOf(state: ReleaseState): Current['recent'][number] {
  const { release, version, sha, at, kind, previous } = state.started;
  if (!state.ended) throw new Error('a release is listed when it has ended');
  const { decision } = state.ended;
  return {
    ...{ release, version, sha, decision, started: at, ended: state.ended.at },
    ...(kind === 'release' && decision === 'promoted' ? { previous } : {}),
  };
}

/** Texts that a script, GitHub or a person may have written. All else is made by us, by git or by the plan. */
const FREE_TEXT = new Set(['summary', 'evidence', 'note', 'commands', 'why', 'problem', 'title', 'message']);

/**
 * By field, not by text: a secret whose value is an ordinary word (`canary`) must not take the words that the
 * record is made of. `reason` is free text where a person or the judge wrote it, and a code everywhere else.
 */
function redacted<T>(value: T, redactor: Redactor, key = ''): T {
  if (typeof value === 'string') return (isFreeText(key, value) ? redactor.redact(value) : value) as T;
  if (Array.isArray(value)) return value.map((item) => redacted(item, redactor, key)) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, redacted(v, redactor, k)])) as T;
}

function isFreeText(key: string, value: string): boolean {
  return FREE_TEXT.has(key) || (key === 'reason' && !(REASON_CODES as readonly string[]).includes(value));
}
