import { type Token, tokenize } from './expression-tokens.js';

/** Values of the contexts `github`, `job`, `runner`, `env`, `steps`, `secrets`, `vars`. Names are found in any case. */
export type Contexts = Readonly<Record<string, unknown>>;

/** Replaces each `${{ … }}` in a text by its value; what does not exist becomes an empty string. */
export function interpolate(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{([\s\S]*?)\}\}/g, (_, source: string) => asText(evaluate(source, contexts)));
}

/** The verdict of an `if`, with or without `${{ }}` around it. */
export function holds(condition: string, contexts: Contexts): boolean {
  return isTrue(evaluate(condition.replace(/^\s*\$\{\{([\s\S]*)\}\}\s*$/, '$1'), contexts));
}

export function evaluate(source: string, contexts: Contexts): unknown {
  const reader = new Reader(source, contexts);
  const value = reader.either();
  reader.expectEnd();
  return value;
}

/** Recursive descent, one method for each level of precedence; evaluates while it reads. */
class Reader {
  readonly #source: string;
  readonly #contexts: Contexts;
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(source: string, contexts: Contexts) {
    this.#source = source;
    this.#contexts = contexts;
    this.#tokens = tokenize(source);
  }

  either(): unknown {
    let value = this.#both();
    while (this.#take('||')) {
      const right = this.#both();
      value = isTrue(value) ? value : right;
    }
    return value;
  }

  expectEnd(): void {
    if (this.#position < this.#tokens.length) throw this.#problem('has something behind its end');
  }

  #both(): unknown {
    let value = this.#comparison();
    while (this.#take('&&')) {
      const right = this.#comparison();
      value = isTrue(value) ? right : value;
    }
    return value;
  }

  #comparison(): unknown {
    const left = this.#negation();
    for (const [sign, compare] of Object.entries(comparisons)) {
      if (this.#take(sign)) return compare(left, this.#negation());
    }
    return left;
  }

  #negation(): unknown {
    return this.#take('!') ? !isTrue(this.#negation()) : this.#path();
  }

  #path(): unknown {
    let value = this.#start();
    for (;;) {
      if (this.#take('.')) value = property(value, this.#name());
      else if (this.#take('[')) {
        value = property(value, asText(this.either()));
        this.#expect(']');
      } else return value;
    }
  }

  #start(): unknown {
    if (this.#take('(')) {
      const value = this.either();
      this.#expect(')');
      return value;
    }
    const token = this.#tokens[this.#position++];
    if (token?.kind === 'literal') return token.value;
    if (token?.kind !== 'name') throw this.#problem('lacks a value');
    return this.#take('(') ? this.#call(token.name) : property(this.#contexts, token.name);
  }

  #call(name: string): unknown {
    const known = functions[name.toLowerCase()];
    if (known === undefined) {
      throw this.#problem(`calls ${name}(); known are ${Object.keys(functions).join(', ')}`);
    }
    const values: unknown[] = [];
    while (!this.#take(')')) {
      if (values.length > 0) this.#expect(',');
      values.push(this.either());
    }
    return known(values, asText(property(property(this.#contexts, 'job'), 'status')));
  }

  #take(sign: string): boolean {
    const token = this.#tokens[this.#position];
    if (token?.kind !== 'sign' || token.sign !== sign) return false;
    this.#position++;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#take(sign)) throw this.#problem(`lacks "${sign}"`);
  }

  #name(): string {
    const token = this.#tokens[this.#position++];
    if (token?.kind !== 'name') throw this.#problem('lacks a name behind a dot');
    return token.name;
  }

  #problem(what: string): Error {
    return new Error(`The expression "${this.#source.trim()}" ${what}.`);
  }
}

type Call = (values: readonly unknown[], jobStatus: string) => unknown;

// R Runner.Worker/Expressions/{Success,Failure,Cancelled,Always}Function.cs: they look at the status of the job.
const functions: Readonly<Record<string, Call>> = {
  always: () => true,
  success: (_, status) => status === 'success',
  failure: (_, status) => status === 'failure',
  cancelled: (_, status) => status === 'cancelled',
  contains: ([where, what]) =>
    Array.isArray(where)
      ? where.some((item) => isEqual(item, what))
      : asText(where).toLowerCase().includes(asText(what).toLowerCase()),
  startswith: ([where, what]) => asText(where).toLowerCase().startsWith(asText(what).toLowerCase()),
  tojson: ([value]) => JSON.stringify(value ?? null, null, 2),
};

const comparisons: Readonly<Record<string, (left: unknown, right: unknown) => boolean>> = {
  '==': isEqual,
  '!=': (left, right) => !isEqual(left, right),
  '<=': (left, right) => asNumber(left) <= asNumber(right),
  '>=': (left, right) => asNumber(left) >= asNumber(right),
  '<': (left, right) => asNumber(left) < asNumber(right),
  '>': (left, right) => asNumber(left) > asNumber(right),
};

function property(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return null;
  const found = Object.entries(value).find(([key]) => key.toLowerCase() === name.toLowerCase());
  return found?.[1] ?? null;
}

function isTrue(value: unknown): boolean {
  return Boolean(value);
}

/** Texts are equal in any case; values of different kinds are compared as numbers. */
function isEqual(left: unknown, right: unknown): boolean {
  if (typeof left === 'string' && typeof right === 'string')
    return left.toLowerCase() === right.toLowerCase();
  if (typeof left === typeof right) return left === right;
  return asNumber(left) === asNumber(right);
}

function asNumber(value: unknown): number {
  if (value === null || value === undefined) return 0;
  return typeof value === 'object' ? Number.NaN : Number(value);
}

function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return 'Array';
  return typeof value === 'object' ? 'Object' : String(value);
}
