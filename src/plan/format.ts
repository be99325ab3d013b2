import type { Problem } from './problem.js';

/** More than these are told by their number only: what is read there is mostly not a plan. */
const MOST = 100;

/** All problems for people: a head line, then one line each. */
export function formatProblems(problems: readonly Problem[], source: string): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const told = problems.slice(0, MOST).map((problem) => `  ${formatProblem(problem)}`);
  const rest = problems.length > MOST ? [`  and ${problems.length - MOST} more`] : [];
  return [`${source}: ${count}`, ...told, ...rest].join('\n');
}

/** One problem as sentences: where, the rule, what was found, what to do. */
export function formatProblem({ path, line, rule, found, remedy }: Problem): string {
  const place = [line === undefined ? '' : `line ${line}`, path].filter((part) => part !== '').join(', ');
  const seen = found === undefined ? '' : ` (found: ${found})`;
  return `${place === '' ? '' : `${place}: `}${rule}${seen}. ${remedy}`;
}
