export interface Moment {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** `A/main`, `B/post`, `world` */
  readonly who: string;
  readonly what: string;
}

/** What happened, in order, for a person who looks for the reason of a violation. */
export class Timeline {
  readonly #moments: Moment[] = [];
  readonly #names = new Map<string, string>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(who: string, what: string): void {
    this.#moments.push({ at: this.#now(), who, what });
  }

  /** Shows a name in place of an id that is another one each time. */
  name(id: string, name: string): void {
    this.#names.set(id, name);
  }

  lines(): readonly string[] {
    const start = this.#moments[0]?.at ?? 0;
    const width = Math.max(0, ...this.#moments.map(({ who }) => who.length));
    return this.#moments.map(
      ({ at, who, what }) => `${clockText(at - start)}  ${who.padEnd(width)}  ${this.#named(what)}`,
    );
  }

  #named(text: string): string {
    let named = text;
    for (const [id, name] of this.#names) named = named.replaceAll(id, name);
    return named;
  }
}

/** `+0:12:03.250` */
function clockText(ms: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `+${Math.floor(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${String(ms % 1000).padStart(3, '0')}`;
}
