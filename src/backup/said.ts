/** Lines of a failed script or program that its problem quotes. */
const TAIL_LINES = 5;

/** What a failed script or program printed last, as the end of a sentence. */
export function saidAtTheEnd(tail: readonly string[]): string {
  const lines = tail.slice(-TAIL_LINES);
  return lines.length === 0 ? 'it printed nothing that says why' : `its last lines: ${lines.join(' | ')}`;
}
