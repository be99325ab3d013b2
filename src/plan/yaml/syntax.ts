import type { Document, YAMLError } from 'yaml';
import type { Problem } from '../problem.js';
import { problemAt } from './problem-at.js';

const SAID: Partial<Record<YAMLError['code'], Omit<Problem, 'path' | 'line'>>> = {
  TAB_AS_INDENT: { rule: 'YAML is indented by spaces', found: 'a tab', remedy: 'Replace the tab by spaces.' },
  MULTIPLE_DOCS: {
    rule: 'A file holds one plan',
    found: 'a second document',
    remedy: 'Remove `---` and what follows, or move it to a file of its own.',
  },
  TAG_RESOLVE_FAILED: {
    rule: 'Tags (`!name`) are not read in a plan',
    remedy: 'Remove the tag, or quote the text that begins with `!`.',
  },
  RESOURCE_EXHAUSTION: {
    rule: 'A plan is not nested this deep',
    remedy: 'Close the brackets, or quote the text that begins with them.',
  },
};

/** What makes the text no YAML 1.2, or more of it than a plan needs. */
export function findSyntaxProblems(document: Document, lineOf: (offset: number) => number): Problem[] {
  const errors: YAMLError[] = [...document.errors, ...document.warnings];
  const exhausted = errors.filter(({ code }) => code === 'RESOURCE_EXHAUSTION');
  const told = exhausted.length > 0 ? exhausted.slice(0, 1) : errors;
  return [
    ...told.map((error) => syntaxProblem(error, lineOf(error.pos[0]))),
    ...findVersionProblems(document),
  ];
}

function syntaxProblem({ code, message }: YAMLError, line: number): Problem {
  const said = SAID[code];
  if (said !== undefined) return problemAt(line, said);
  return problemAt(line, {
    rule: `A plan is valid YAML: ${message.replace(/\.$/, '')}`,
    remedy: 'Mend this line or the one before it; quote text that contains `: `, ` #`, `{` or `*`.',
  });
}

/** Under YAML 1.1, `on`, `no` and `010` would mean something else than what they seem to say. */
function findVersionProblems(document: Document): Problem[] {
  const version = document.directives?.yaml;
  if (version?.explicit !== true || version.version === '1.2') return [];
  return [
    problemAt(1, {
      rule: 'A plan is YAML 1.2',
      found: `%YAML ${version.version}`,
      remedy: 'Remove the line that begins with `%YAML`.',
    }),
  ];
}
