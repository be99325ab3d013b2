export interface WorkflowCommand {
  /** Lower case. */
  readonly name: string;
  /** Names in lower case. */
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

/**
 * Reads `::name key=value,key=value::data`, which must begin its line, or the older `##[name key=value;…]data`,
 * which may stand anywhere in it. A name that `known` does not hold is no command. R Runner.Common/ActionCommand.cs.
 */
export function parseWorkflowCommand(line: string, known: (name: string) => boolean): WorkflowCommand | null {
  return parseCurrent(line.trimStart(), known) ?? parseLegacy(line, known);
}

function parseCurrent(line: string, known: (name: string) => boolean): WorkflowCommand | null {
  if (!line.startsWith('::')) return null;
  const end = line.indexOf('::', 2);
  if (end < 0) return null;
  const { name, rest } = splitName(line.slice(2, end));
  if (!known(name)) return null;
  return {
    name,
    properties: readProperties(rest.trim(), ',', { ...dataEscapes, '%3A': ':', '%2C': ',' }),
    data: decode(line.slice(end + 2), dataEscapes),
  };
}

function parseLegacy(line: string, known: (name: string) => boolean): WorkflowCommand | null {
  const start = line.indexOf('##[');
  const end = line.indexOf(']', start);
  if (start < 0 || end < 0) return null;
  const { name, rest } = splitName(line.slice(start + 3, end));
  if (!known(name)) return null;
  const escapes = { ...dataEscapes, '%3B': ';', '%5D': ']' };
  return {
    name,
    properties: readProperties(rest, ';', escapes),
    data: decode(line.slice(end + 1), escapes),
  };
}

const dataEscapes: Readonly<Record<string, string>> = { '%0D': '\r', '%0A': '\n', '%25': '%' };

function splitName(info: string): { name: string; rest: string } {
  const space = info.indexOf(' ');
  if (space < 0) return { name: info.toLowerCase(), rest: '' };
  return { name: info.slice(0, space).toLowerCase(), rest: info.slice(space + 1) };
}

function readProperties(
  text: string,
  separator: string,
  escapes: Readonly<Record<string, string>>,
): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const pair of text.split(separator)) {
    const equals = pair.indexOf('=');
    if (equals > 0 && equals < pair.length - 1) {
      properties[pair.slice(0, equals).toLowerCase()] = decode(pair.slice(equals + 1), escapes);
    }
  }
  return properties;
}

/** In one pass, so that `%250A` stays the text `%0A`. */
function decode(text: string, escapes: Readonly<Record<string, string>>): string {
  return text.replace(/%[0-9A-F]{2}/g, (code) => escapes[code] ?? code);
}
