/** What the runner must not show. R Runner.Common/HostContext.cs: a value is masked in its usual encodings too. */
export class Masks {
  readonly #values = new Set<string>();
  #pattern: RegExp | null = null;

  /** The whole value, and each of its lines. R ActionCommandManager.cs AddMaskCommandExtension. */
  add(value: string): void {
    for (const part of [value, ...value.split(/[\r\n]+/).map((line) => line.trim())]) {
      if (part === '') continue;
      for (const form of formsOf(part)) this.#values.add(form);
    }
    this.#pattern = null;
  }

  mask(text: string): string {
    if (this.#values.size === 0) return text;
    this.#pattern ??= toPattern(this.#values);
    return text.replace(this.#pattern, '***');
  }
}

/** The longest first, so that a secret which begins with another one leaves no rest behind. */
function toPattern(values: ReadonlySet<string>): RegExp {
  const longestFirst = [...values].sort((left, right) => right.length - left.length);
  return new RegExp(longestFirst.map((value) => value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g');
}

function formsOf(value: string): string[] {
  if (value.length < 4) return [value];
  return [
    value,
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    ...[0, 1, 2].map((shift) => base64From(value, shift)),
  ].filter((form) => form.length >= 4);
}

/** The value inside a longer text that was encoded as a whole: it may begin at any of three positions there. */
function base64From(value: string, shift: number): string {
  const bytes = Buffer.from(value).subarray(shift);
  return bytes.subarray(0, bytes.length - (bytes.length % 3)).toString('base64');
}
