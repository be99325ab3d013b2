import type { CellResult } from './results.js';
import type { Summary } from './summary.js';

/**
 * A table for each family in Markdown: a row for each world, a column for each judge. A cell says how many of the
 * canaries fail, and after how many minutes by the median; then how many pass.
 */
export function tablesOf(results: readonly CellResult[]): string {
  const families = [...new Set(results.map(({ cell }) => cell.family))];
  return families
    .flatMap((family) => {
      const ofFamily = results.filter(({ cell }) => cell.family === family);
      const sets = [...new Set(ofFamily.map(({ of }) => Object.keys(of).join('|')))];
      return sets.map((judges) => {
        const rows = ofFamily.filter(({ of }) => Object.keys(of).join('|') === judges);
        return tableOf(family, rows, judges.split('|'));
      });
    })
    .join('\n');
}

function tableOf(family: string, rows: readonly CellResult[], judges: readonly string[]): string {
  const hasLimit = rows.some(({ cell }) => Number.isFinite(cell.facts.limitMinutes));
  const head = ['world', 'runs', ...judges, ...(hasLimit ? ['limit'] : [])];
  const lines = rows.map(({ cell, of }) => {
    const name = cell.id.replace(new RegExp(`^${family}:? `), '');
    const limit = Number(cell.facts.limitMinutes);
    return [
      name,
      String(of[judges[0] ?? '']?.runs ?? 0),
      ...judges.map((judge) => textOf(of[judge])),
      ...(hasLimit ? [Number.isFinite(limit) ? limit.toFixed(1) : '-'] : []),
    ];
  });
  const title = `${family.slice(0, 1).toUpperCase()}${family.slice(1)}`;
  return [`### ${title}\n`, row(head), row(head.map(() => '---')), ...lines.map(row), ''].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function textOf(summary: Summary | undefined): string {
  if (summary === undefined) return '-';
  const { failRate, medianMinutes, passRate, medianPassMinutes, failInterval, failed, runs } = summary;
  const fail =
    failed === 0 || failed === runs
      ? rate(failRate)
      : `${rate(failRate)} [${failInterval.map((bound) => rate(bound)).join(', ')}]`;
  const when = Number.isFinite(medianMinutes) ? `@${short(medianMinutes)}` : '';
  const passWhen = Number.isFinite(medianPassMinutes) ? `@${short(medianPassMinutes)}` : '';
  return `${fail}${when}${passRate > 0 ? `, pass ${rate(passRate)}${passWhen}` : ''}`;
}

function rate(value: number): string {
  return value === 0 || value === 1 ? String(value) : value.toFixed(3).replace(/^0/, '');
}

function short(minutes: number): string {
  return minutes >= 10 ? minutes.toFixed(0) : minutes.toFixed(1).replace(/\.0$/, '');
}
