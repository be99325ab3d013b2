/** What follows the digits of a version that is not out yet; a suffix of a distribution says nothing of the kind. */
const NOT_OUT =
  /^[-._~]?(?:alpha|beta|rc|pre(?:view|release)?|dev|snapshot|nightly|ea|[ab](?=\d))[.-]?\d*(?![A-Za-z])/i;
/** Lines that warn, and the one by which Java tells of its options, speak of other numbers. */
const ASIDE = /\b(?:warn(?:ing)?|deprecated|error|notice)\b|^Picked up /i;

/**
 * The version that a tool tells of itself: from the first line that names the tool and has a number, else from the
 * first line with one. `1.30.2`, or `1.31.0-rc.1` for one that is not out yet; null when it tells none.
 */
export function toolVersion(name: string, banner: string): string | null {
  const lines = banner.split(/\r?\n/).filter((line) => /\d/.test(unnamed(line, name)));
  const plain = lines.filter((line) => !ASIDE.test(line));
  const told = plain.length > 0 ? plain : lines;
  const line = told.find(naming(name)) ?? told[0];
  return line === undefined ? null : versionIn(line, name);
}

/** As a word of its own: not as a part of another one, such as the name of a variable. */
function naming(name: string): (line: string) => boolean {
  const word = new RegExp(`(?<![A-Za-z0-9_])${escaped(name)}(?![A-Za-z0-9_])`, 'i');
  return (line) => word.test(line);
}

function versionIn(line: string, name: string): string | null {
  const text = unnamed(line, name);
  const match = /\bDistrib (\d+(?:\.\d+)+)/.exec(text) ?? /(\d+(?:\.\d+)+)/.exec(text) ?? /(\d+)/.exec(text);
  if (match === null) return null;
  const [whole, digits = ''] = match;
  const tag = NOT_OUT.exec(text.slice(match.index + whole.length))?.[0];
  return tag === undefined ? digits : `${digits}-${tag.replace(/^[-._~]/, '')}`;
}

/**
 * A digit in the name of the tool is none of its version: `python3`, `bzip2`. What stands right behind a number is a
 * part of the version, also where it reads like the name: `rc 2.0.0-rc.1`.
 */
function unnamed(line: string, name: string): string {
  return line.replace(new RegExp(`(?<!\\d[-._~]?)${escaped(name)}`, 'g'), ' ');
}

function escaped(name: string): string {
  return name.replace(/[.+-]/g, '\\$&');
}
