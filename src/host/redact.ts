import type { Redactor } from './contract.js';
import { formsOf, SHORTEST_SECRET } from './forms.js';
import { secretsIn } from './secrets.js';

const MASK = '***';

/**
 * Learns the secrets of DESIGN invariant 8: the tokens, the variables named, those whose name says it, and URLs
 * with userinfo. `names` are the variables that the plan names.
 */
export function createRedactor(options: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly tokens: readonly string[];
  readonly names: readonly string[];
}): Redactor {
  const index = createIndex();
  for (const secret of [...options.tokens, ...secretsIn(options.env, options.names)]) learn(secret);

  function learn(secret: string): void {
    for (const form of formsOf(secret)) index.add(form);
  }

  return {
    add: learn,
    redact(text) {
      let redacted = replaceSpans(text, index.spans(text));
      // Joining what is left can make a secret of the stars themselves. Each round is shorter, so this ends.
      for (let before = text; redacted !== before; ) {
        before = redacted;
        redacted = replaceSpans(before, index.spans(before));
      }
      return redacted;
    },
  };
}

type Span = readonly [from: number, to: number];

/**
 * Finds all forms of all secrets in one pass: a small table rules out most positions by three characters, a map
 * by the first six. A regular expression of this many literals takes far longer, and there is a limit to its size.
 */
function createIndex(): { add(form: string): void; spans(text: string): Span[] } {
  const possible = new Uint8Array(0x10000);
  const byStart = new Map<string, string[]>();

  function longestAt(text: string, at: number): number {
    const forms = byStart.get(text.slice(at, at + SHORTEST_SECRET));
    return forms?.find((form) => text.startsWith(form, at))?.length ?? 0;
  }

  return {
    add(form) {
      const start = form.slice(0, SHORTEST_SECRET);
      const forms = byStart.get(start) ?? [];
      if (forms.includes(form)) return;
      byStart.set(
        start,
        [...forms, form].sort((a, b) => b.length - a.length),
      );
      possible[hashOf(form.charCodeAt(0), form.charCodeAt(1), form.charCodeAt(2))] = 1;
    },
    spans(text) {
      const spans: Span[] = [];
      if (byStart.size === 0) return spans;
      let second = text.charCodeAt(0);
      let third = text.charCodeAt(1);
      for (let at = 0; at <= text.length - SHORTEST_SECRET; at++) {
        const first = second;
        second = third;
        third = text.charCodeAt(at + 2);
        if (possible[hashOf(first, second, third)] !== 1) continue;
        const length = longestAt(text, at);
        if (length > 0) spans.push([at, at + length]);
      }
      return spans;
    },
  };
}

function hashOf(first: number, second: number, third: number): number {
  return ((first << 10) ^ (second << 5) ^ third) & 0xffff;
}

/** Secrets that overlap are hidden as one, so that none leaves its end behind. */
function replaceSpans(text: string, spans: readonly Span[]): string {
  if (spans.length === 0) return text;
  let result = '';
  let shown = 0;
  let hiddenTo = -1;
  for (const [from, to] of spans) {
    if (from >= hiddenTo) {
      result += text.slice(Math.max(shown, 0), from) + MASK;
    }
    hiddenTo = Math.max(hiddenTo, to);
    shown = hiddenTo;
  }
  return result + text.slice(shown);
}
