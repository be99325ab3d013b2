import type { Counter } from '../shop/contract.js';

/** Breaks a text into lines of at most `width` characters, between words. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A share in percent as `[##..................]`. A share above 0 shows, and one below 100 does not look whole. */
export function bar(percent: number, width = 20): string {
  const exact = Math.round((Math.min(100, Math.max(0, percent)) / 100) * width);
  const filled = percent <= 0 ? 0 : percent >= 100 ? width : Math.min(width - 1, Math.max(1, exact));
  return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}]`;
}

/** `3 of 41 failed (7.3 %)`; without the share when there is none to speak of. */
export function failedOf(counter: Counter): string {
  const share = counter.failed === 0 ? '' : ` (${percentOf(counter)})`;
  return `${counter.failed} of ${counter.total} failed${share}`;
}

export function percentOf({ total, failed }: Counter): string {
  return total === 0 ? '- %' : `${((failed / total) * 100).toFixed(1)} %`;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Columns are as wide as their widest cell; the last one is wrapped where the line would be longer than `width`. */
export function table(rows: readonly (readonly string[])[], width: number): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.flatMap((row) => {
    const cells = row.slice(0, -1).map((cell, column) => `${cell.padEnd(widths[column] ?? 0)}  `);
    return hang(cells.join(''), row.at(-1) ?? '', width);
  });
}

/** `head` and a text that goes on below itself where it is too long for one line. */
export function hang(head: string, text: string, width: number): string[] {
  const lines = wrap(text, width - head.length);
  if (lines.length === 0) return [head.trimEnd()];
  return lines.map((line, index) => `${index === 0 ? head : ' '.repeat(head.length)}${line}`);
}

/** `shop/production/canary` is the check of the stage `canary`. */
export function stageOf(check: string): string {
  return check.slice(check.lastIndexOf('/') + 1);
}

/** What a check's title says beside its verdict, which stands before the first colon. */
export function factOf(title: string | null): string {
  return (title ?? '').replace(/^\w+: /, '');
}
