import type { Annotation, CheckReport } from './contract.js';
import { cutMarkdown, oneLine } from './text.js';

/** GitHub's limits on the output of a check run. */
const TEXT_BYTES = 65_535;
const TITLE_LENGTH = 255;
const ANNOTATIONS_A_REQUEST = 50;
const ANNOTATION_BYTES = 64 * 1024;
/** Our own limit: more are noise, and each fifty cost one request. */
const ANNOTATIONS = 200;

export interface Output {
  readonly title: string;
  readonly summary: string;
  readonly text?: string;
}

export interface OutputAnnotation {
  path: string;
  start_line: number;
  end_line: number;
  annotation_level: Annotation['level'];
  message: string;
  title?: string;
}

export interface CheckOutput {
  readonly output: Output;
  /** What each request takes; the first goes with the report, the others append to it. */
  readonly batches: readonly OutputAnnotation[][];
}

/** What a report looks like within GitHub's limits. Redacts first: half a secret would not be recognised any more. */
export function checkOutput(report: CheckReport, redact: (text: string) => string): CheckOutput {
  const all = report.annotations ?? [];
  const more = all.length - ANNOTATIONS;
  const rest =
    more > 0 ? `${more} more annotations are not shown: GitHub shows the first ${ANNOTATIONS}.\n\n` : '';
  const summary = cutMarkdown(rest + redact(report.summary), TEXT_BYTES);
  const output = {
    title: oneLine(redact(report.title), TITLE_LENGTH),
    // GitHub wants one, and an empty one is none.
    summary: summary.trim() === '' ? oneLine(redact(report.title), TITLE_LENGTH) : summary,
    ...(report.text === undefined ? {} : { text: cutMarkdown(redact(report.text), TEXT_BYTES) }),
  };
  const annotations = all.slice(0, ANNOTATIONS).map((annotation) => outputAnnotation(annotation, redact));
  return { output, batches: inBatches(annotations) };
}

function outputAnnotation(annotation: Annotation, redact: (text: string) => string): OutputAnnotation {
  return {
    path: annotation.path,
    start_line: annotation.line,
    end_line: annotation.line,
    annotation_level: annotation.level,
    message: cutMarkdown(redact(annotation.message), ANNOTATION_BYTES),
    ...(annotation.title === undefined ? {} : { title: oneLine(redact(annotation.title), TITLE_LENGTH) }),
  };
}

function inBatches(annotations: readonly OutputAnnotation[]): OutputAnnotation[][] {
  const batches: OutputAnnotation[][] = [];
  for (let from = 0; from < annotations.length; from += ANNOTATIONS_A_REQUEST) {
    batches.push(annotations.slice(from, from + ANNOTATIONS_A_REQUEST));
  }
  return batches;
}
