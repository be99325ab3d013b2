/** What one answer tells of the interval since the one before. */
export interface Taken<Amount> {
  /** Null at the first reading of counters: what they say began nobody knows when. */
  readonly amount: Amount | null;
  /** What a person should know of how it was counted. */
  readonly notes: readonly string[];
}

/** Follows one query from answer to answer. */
export interface Track<Raw, Amount> {
  /** Throws `Unmeasured`. */
  take(raw: Raw): Taken<Amount>;
  /** The reading failed: what comes next is the first one again, and belongs to no interval that was measured. */
  miss(): void;
}

/** Each answer is an amount by itself. */
export function amountTrack<Raw, Amount>(read: (raw: Raw) => Amount): Track<Raw, Amount> {
  return { take: (raw) => ({ amount: read(raw), notes: [] }), miss: () => undefined };
}

/** Each answer is how counters stand, and the amount is how they rose. `known` is where the next rise begins. */
export function counterTrack<Raw, Reading, Amount>({
  read,
  since,
}: {
  readonly read: (raw: Raw) => Reading;
  readonly since: (before: Reading, now: Reading) => Taken<Amount> & { readonly known: Reading };
}): Track<Raw, Amount> {
  let last: { readonly reading: Reading } | null = null;
  return {
    take(raw) {
      const before = last;
      last = null;
      const now = read(raw);
      // What cannot be told from the last reading can be told from this one the next time.
      last = { reading: now };
      if (before === null) return { amount: null, notes: [] };
      const { amount, notes, known } = since(before.reading, now);
      last = { reading: known };
      return { amount, notes };
    },
    miss() {
      last = null;
    },
  };
}
