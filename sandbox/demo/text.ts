/** Breaks a text into lines of at most `width` characters, between words. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** At most `width` characters; what is longer ends in three dots. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 3)).trimEnd()}...`;
}

/** A share in percent as `[##..................]`. A share above 0 shows, and one below 100 does not look whole. */
export function bar(percent: number, width = 20): string {
  const exact = Math.round((Math.min(100, Math.max(0, percent)) / 100) * width);
  const filled = percent <= 0 ? 0 : percent >= 100 ? width : Math.min(width - 1, Math.max(1, exact));
  return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}]`;
}

/** `6 of 118 failed (5.1 %)`; without the share when there is none to speak of. */
export function failedOf({ total, failed }: { readonly total: number; readonly failed: number }): string {
  const share = failed === 0 || total === 0 ? '' : ` (${((failed / total) * 100).toFixed(1)} %)`;
  return `${failed} of ${total} failed${share}`;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Columns are as wide as their widest cell; the last one is cut where the line would be longer than `width`. */
export function table(rows: readonly (readonly string[])[], width: number): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) => {
    const cells = row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)));
    return cut(cells.join('  ').trimEnd(), width);
  });
}

/** `shop/production/canary` is the check of the stage `canary`. */
export function stageOf(check: string): string {
  return check.slice(check.lastIndexOf('/') + 1);
}

/** What a check's title says beside its verdict, which stands before the first colon. */
export function factOf(title: string | null): string {
  return (title ?? '').replace(/^\w+: /, '');
}
