/** The lines of a version, and 1 for each that the other version does not have. */
export interface Marked {
  readonly lines: readonly number[];
  readonly changed: Uint8Array;
}

/**
 * Moves each run of changed lines to its settled place. A run may slide where its first line equals the line after it
 * (or its last the one before): `{ a }` added after `{ a }` is the same file as added before it. Git settles a run as
 * far down as it goes, joined with the runs it meets, except that it stays beside the last change of the other version
 * that it can reach.
 */
export function settleRuns(version: Marked, other: Marked): void {
  const run = new Run(version);
  const beside = new Run(other);
  do {
    if (run.length > 0) settle(run, beside);
  } while (run.next() && beside.next());
}

function settle(run: Run, beside: Run): void {
  let lastBeside: number;
  let highest: number;
  let length: number;
  do {
    length = run.length;
    while (run.up()) beside.previous();
    highest = run.end;
    lastBeside = beside.length > 0 ? run.end : -1;
    while (run.down()) {
      beside.next();
      if (beside.length > 0) lastBeside = run.end;
    }
    // It met another run on the way and is longer now, so that it may slide further.
  } while (run.length !== length);
  if (run.end === highest || lastBeside === -1) return;
  while (beside.length === 0) {
    run.up();
    beside.previous();
  }
}

/**
 * A run of changed lines, perhaps empty, between two unchanged ones. Both versions have as many unchanged lines, and
 * so as many runs.
 */
class Run {
  private readonly version: Marked;
  private start = 0;
  end = 0;

  constructor(version: Marked) {
    this.version = version;
    this.growDown();
  }

  get length(): number {
    return this.end - this.start;
  }

  /** Goes to the run after the next unchanged line; false at the end. */
  next(): boolean {
    if (this.end >= this.version.lines.length) return false;
    this.start = this.end + 1;
    this.end = this.start;
    this.growDown();
    return true;
  }

  previous(): void {
    this.end = this.start - 1;
    this.start = this.end;
    this.growUp();
  }

  /** Slides by one line, and joins a run that it then touches; false where it cannot slide. */
  down(): boolean {
    const { lines, changed } = this.version;
    if (this.end >= lines.length || lines[this.start] !== lines[this.end]) return false;
    changed[this.start] = 0;
    changed[this.end] = 1;
    this.start += 1;
    this.growDown();
    return true;
  }

  up(): boolean {
    const { lines, changed } = this.version;
    if (this.start === 0 || lines[this.start - 1] !== lines[this.end - 1]) return false;
    this.start -= 1;
    this.end -= 1;
    changed[this.start] = 1;
    changed[this.end] = 0;
    this.growUp();
    return true;
  }

  private growDown(): void {
    while (this.version.changed[this.end] === 1) this.end += 1;
  }

  private growUp(): void {
    while (this.version.changed[this.start - 1] === 1) this.start -= 1;
  }
}
