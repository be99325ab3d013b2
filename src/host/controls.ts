const ESCAPE = String.fromCharCode(27);
const BELL = String.fromCharCode(7);

/** Escape sequences of terminals: CSI (colours, cursor), OSC (titles, links) and the short ones. */
const SEQUENCES = new RegExp(
  `${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BELL}${ESCAPE}]*(?:${BELL}|${ESCAPE}\\\\)?|[@-Z\\\\^_])`,
  'g',
);
const COLOUR = new RegExp(`^${ESCAPE}\\[[0-9;:]*m$`);

/** Keeps colours, which the log shows, and drops what would move a cursor or ring a bell. */
export function withColoursOnly(line: string): string {
  const kept = line.includes(ESCAPE) ? line.replace(SEQUENCES, (one) => (COLOUR.test(one) ? one : '')) : line;
  return replaceControls(kept, ESCAPE);
}

/** Plain text, for places that know no terminal. */
export function withoutControls(line: string): string {
  return replaceControls(line.replace(SEQUENCES, '').replaceAll(ESCAPE, ''), '');
}

function replaceControls(line: string, kept: string): string {
  return line.replace(/\p{Cc}/gu, (control) => (control === '\t' || control === kept ? control : '\ufffd'));
}
