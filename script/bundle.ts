import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from '@babel/parser';

/** Where ncc says which file the following lines come from, and licences. */
const KEPT = /CONCATENATED MODULE: |@license|@preserve|licen[cs]e|copyright/i;

/**
 * Packs the compiled action into one file in `out`, and says what went wrong. Comments are left out: they were a fifth
 * of the file, and stand in the source beside it. Our own code is indented as its source is.
 */
export function bundle(root: string, out: string): readonly string[] {
  const ncc = join(root, 'node_modules', '.bin', 'ncc');
  const args = ['build', 'lib/src/index.js', '--out', out, '--no-source-map-register', '--quiet'];
  const ran = spawnSync(ncc, args, { cwd: root, encoding: 'utf8' });
  if (ran.status !== 0) return `${ran.stdout}${ran.stderr}`.trimEnd().split('\n');
  const file = join(out, 'index.js');
  writeFileSync(file, indentedAsSource(withoutComments(readFileSync(file, 'utf8'))));
  return [];
}

export function withoutComments(code: string): string {
  const { comments } = parse(code, { sourceType: 'module' });
  let done = 0;
  let kept = '';
  for (const { value, start, end } of comments ?? []) {
    if (start == null || end == null || KEPT.test(value)) continue;
    const cut = withItsLine(code, { start, end });
    kept += code.slice(done, cut.start);
    done = Math.max(done, cut.end);
  }
  return kept + code.slice(done);
}

const MODULE = /^;?\/\/ CONCATENATED MODULE: \.\/(\w+)\//;

/** The compiler indents by four, the source by two; what stands in a template is text, and stays as it is. */
export function indentedAsSource(code: string): string {
  const texts = templatesIn(code);
  let isOurs = false;
  let [at, next] = [0, 0];
  const lines = code.split('\n').map((line) => {
    const start = at;
    at += line.length + 1;
    while ((texts[next]?.end ?? at) < start) next++;
    const [, room] = MODULE.exec(line) ?? [];
    if (room !== undefined) isOurs = room === 'lib';
    const isText = (texts[next]?.start ?? at) < start;
    return isOurs && !isText ? line.replace(/^(?: {4})+/, (indent) => ' '.repeat(indent.length / 2)) : line;
  });
  return lines.join('\n');
}

interface Span {
  readonly start: number;
  readonly end: number;
}

interface Token extends Span {
  /** A comment's is a word. */
  readonly type: { readonly label?: string };
}

/** Where templates and strings go over several lines, in order. */
function templatesIn(code: string): readonly Span[] {
  const tokens = (parse(code, { sourceType: 'module', tokens: true }).tokens ?? []) as readonly Token[];
  return tokens.filter(
    ({ type, start, end }) =>
      (type.label === 'template' || type.label === 'string') && code.slice(start, end).includes('\n'),
  );
}

/** A comment that has lines of its own takes them along; one beside code leaves the code as it is. */
function withItsLine(code: string, comment: { readonly start: number; readonly end: number }) {
  let { start, end } = comment;
  while (code[start - 1] === ' ' || code[start - 1] === '\t') start--;
  const isAlone = code[start - 1] === '\n' && (code[end] === '\n' || code[end] === undefined);
  if (isAlone) return { start, end: end + 1 };
  const isLast = code[end] === '\n';
  return { start: isLast ? start : comment.start, end };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = bundle(process.cwd(), 'dist');
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
