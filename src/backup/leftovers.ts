/** The end of a release id, which no person gives a thing by chance: seven digits of a commit, and four at random. */
const TOKEN = /^[0-9a-f]{7}_[0-9a-z]{4}$/;

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/**
 * Those of `names` that restores of `start` made and never swapped: `<start>_restored_<token>`. One that has a
 * `<start>_before_<token>` beside it belongs to a swap that a person may still finish or undo.
 */
export function leftoversIn(names: readonly string[], start: string): readonly string[] {
  const prefix = `${start}_restored_`;
  return names.filter((name) => {
    const token = name.slice(prefix.length);
    return name.startsWith(prefix) && isToken(token) && !names.includes(`${start}_before_${token}`);
  });
}
