/** What one list has and the other has not, letter by letter: paths, variables and checks are told apart by case. */
export function gone(before: readonly string[], after: readonly string[]): readonly string[] {
  return before.filter((one) => !after.includes(one));
}

/** The same for names of people and labels, which GitHub compares without case. */
export function goneNames(before: readonly string[], after: readonly string[]): readonly string[] {
  const kept = new Set(after.map((one) => one.toLowerCase()));
  return before.filter((one) => !kept.has(one.toLowerCase()));
}
