/** What became of a value that a person wrote: its meaning, or the rule it broke and what to write instead. */
export type Reading<T> = { readonly value: T } | Refusal;

export interface Refusal {
  readonly rule: string;
  readonly remedy: string;
  /** Told in place of the value, which may hold what nobody should read. */
  readonly found?: string;
}

export function refuse(rule: string, remedy: string): Refusal {
  return { rule, remedy };
}
