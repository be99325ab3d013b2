import type { Finding } from './finding.js';
import { isTree, type Path, showPath, type Tree, valueAt } from './path.js';
import { inputAt, inputFor, type PlanInputs } from './plan-inputs.js';
import type { Problem } from './problem.js';
import type { PlanDocument } from './yaml/document.js';

const LONGEST_FOUND = 80;

/** The plan of one environment, and what it was put together from. */
export interface View {
  /** null when the plan comes from inputs alone. */
  readonly document: PlanDocument | null;
  /** null for findings about the whole file. */
  readonly environment: string | null;
  /** What the file says, sections merged, and the same with the inputs laid over. */
  readonly written: Tree;
  readonly tree: Tree;
  readonly inputs: Partial<PlanInputs>;
}

/** Says where in the file, or by which input, a person wrote what was found. */
export function locate(finding: Finding, view: View): Problem {
  const { path, rule, remedy } = finding;
  const value = valueAt(view.tree, path);
  const found = finding.found ?? (value === undefined || value === null ? undefined : show(value));
  const said = { rule, ...(found === undefined ? {} : { found: shorten(found) }), remedy };
  const input = inputOf(path, view);
  if (input !== null) return { path: `input ${input}`, ...said };
  if (view.document === null) return { path: showPath(path), ...said };
  return { ...placeInFile(path, { document: view.document, environment: view.environment }), ...said };
}

function inputOf(path: Path, { document, written, tree, inputs }: View): string | null {
  if (document === null) return inputFor(path);
  const fromFile = valueAt(written, path);
  return fromFile !== undefined && fromFile === valueAt(tree, path) ? null : inputAt(path, inputs);
}

/** The section of the environment wins where it says as much as the plan above it. */
function placeInFile(
  path: Path,
  file: { readonly document: PlanDocument; readonly environment: string | null },
) {
  const { document, environment } = file;
  const above = { path, ...document.trace(path) };
  if (environment === null) return place(document, above);
  const sectionPath = ['environments', environment, ...path];
  const section = { path: sectionPath, ...document.trace(sectionPath) };
  const depth = section.depth - 2;
  const isMissingInMap = depth < path.length && isTree(valueAt(document.tree, path.slice(0, above.depth)));
  const sectionWins = depth > above.depth || (depth > 0 && depth === above.depth && !isMissingInMap);
  return place(document, sectionWins ? section : above);
}

/** Where a short form stands for the whole mapping, its parts have no path of their own. */
function place(
  document: PlanDocument,
  traced: { readonly path: Path; readonly depth: number; readonly line: number },
) {
  const reached = traced.path.slice(0, traced.depth);
  const value = valueAt(document.tree, reached);
  const isShort = typeof value !== 'object' || value === null;
  return { path: showPath(isShort ? reached : traced.path), line: traced.line };
}

/** As YAML writes them; `1e400` is one of these, too. */
const NOT_FINITE: Readonly<Record<string, string>> = { Infinity: '.inf', '-Infinity': '-.inf', NaN: '.nan' };

/** Text stands as it is, but `"true"` and `"5"` keep the quotes that make them text. */
function show(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return NOT_FINITE[String(value)] ?? '.inf';
  return typeof value === 'string' && !/^(true|false|null|[\d.]+)$/.test(value)
    ? value
    : JSON.stringify(value);
}

function shorten(text: string): string {
  const line = text.trim().replace(/\s*\n\s*/g, ' ⏎ ');
  if (line === '') return 'empty text';
  return line.length <= LONGEST_FOUND ? line : `${line.slice(0, LONGEST_FOUND - 1)}…`;
}
