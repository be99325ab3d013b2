import { EvidenceProblem, MOST_FINDINGS } from '../contract.js';
import type { Words } from '../provider.js';
import type { XmlListener } from './xml.js';

/** A test that did not pass, as the report tells it. */
export interface FailedTest {
  readonly name: string;
  readonly unit: string;
  /** Attributes that some tools write; empty when there are none. */
  readonly file: string;
  readonly line: string;
  readonly message: string;
  /** The beginning and, where it is long, the end. */
  readonly text: string;
}

export interface Tally {
  tests: number;
  failures: number;
  errors: number;
  skipped: number;
  flaky: number;
  unlisted: number;
  readonly failed: FailedTest[];
  readonly flakyTests: string[];
}

const HEAD = 16 * 1024;
const END = 4 * 1024;
const MOST_FLAKY = 20;

const FAILED = new Set(['failure', 'error']);
const SKIPPED = new Set(['skipped', 'notrun', 'disabled', 'ignored', 'suppressed']);
const FLAKY = new Set(['flakyFailure', 'flakyError']);
const NAMES = new Set(['testsuites', 'testsuite', 'testcase', ...FAILED, ...SKIPPED, ...FLAKY]);
const BY_LETTERS = new Map([...NAMES].map((name) => [name.toLowerCase(), name]));
/** Words of `status` and `result` by which tools say that a test did not pass: `fail`, `failed`, `errored`, … */
const FAILED_WORD = /^(fail|broken|crash|abort|time-?d?-?out)/;
const ERROR_WORD = /^error/;

export function emptyTally(): Tally {
  return { tests: 0, failures: 0, errors: 0, skipped: 0, flaky: 0, unlisted: 0, failed: [], flakyTests: [] };
}

/** A suite that is open: what it counts by its own attributes, and what was seen of it. */
interface Suite {
  readonly failing: number;
  /** Null where the suite does not count its tests. */
  readonly tests: number | null;
  seenFailing: number;
  seenTests: number;
}

interface Test {
  readonly attributes: Readonly<Record<string, string>>;
  outcome: 'passed' | 'failure' | 'error' | 'skipped';
  isFlaky: boolean;
  message: string;
  text: string;
}

/** Counts the tests of one document into `tally`. */
export function listenInto(
  tally: Tally,
  { path, words }: { readonly path: string; readonly words: Words },
): XmlListener {
  const suites: Suite[] = [];
  const open: string[] = [];
  let test: Test | null = null;
  let isCapturing = false;
  return {
    open(written, given) {
      const [name, attributes] = [meant(written), inLowerCase(given)];
      if (open.length === 0) mustBeReport(words.name(written), { isReport: isSuites(name), path });
      const isInTest = test !== null && (name === 'testcase' || isSuites(name));
      if (isInTest) refuse(path, `holds a <${name}> inside of a test, so one of them would be lost`);
      open.push(name);
      if (isSuites(name)) suites.push(suiteOf(attributes, path));
      else if (name === 'testcase') test = begun(attributes);
      else if (open.at(-2) === 'testcase' && test !== null) isCapturing = told(test, name, attributes);
      // A suite that could not be set up, told without a test.
      else if (isSuites(open.at(-2)) && FAILED.has(name)) {
        test = { ...begun({ name: 'the suite itself' }), outcome: name as 'failure' | 'error' };
        isCapturing = told(test, name, attributes);
      }
    },
    text(text) {
      if (test !== null && isCapturing) test.text = bounded(test.text + text);
    },
    wantsText: () => isCapturing && FAILED.has(open.at(-1) ?? ''),
    close(written) {
      const name = meant(written);
      const wasOutside = FAILED.has(name) && isSuites(open.at(-2));
      open.pop();
      if (FAILED.has(name)) isCapturing = false;
      if ((name === 'testcase' || wasOutside) && test !== null) {
        count(tally, test, suites.at(-1));
        test = null;
      }
      if (isSuites(name)) closeSuite(tally, suites, path);
    },
  };
}

/**
 * An element as it is known here, whatever its prefix and its letters: `<Failure>` and `<j:failure>` must not pass for
 * something that says nothing.
 */
function meant(written: string): string {
  if (NAMES.has(written)) return written;
  const local = written.slice(written.lastIndexOf(':') + 1).toLowerCase();
  return BY_LETTERS.get(local) ?? written;
}

function inLowerCase(attributes: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(attributes);
  if (entries.every(([key]) => key === key.toLowerCase())) return attributes;
  return Object.fromEntries(entries.map(([key, value]) => [key.toLowerCase(), value]));
}

function isSuites(name: string | undefined): boolean {
  return name === 'testsuites' || name === 'testsuite';
}

function mustBeReport(root: string, { isReport, path }: { isReport: boolean; path: string }): void {
  if (isReport) return;
  throw new EvidenceProblem(
    'evidence-unsupported',
    `"${path}" is not JUnit XML: it begins with <${root}>, and a report begins with <testsuites> or <testsuite>`,
  );
}

function begun(attributes: Readonly<Record<string, string>>): Test {
  const said = [attributes.status, attributes.result].map((word) => (word ?? '').toLowerCase());
  const isDenied = attributes.success?.toLowerCase() === 'false';
  const outcome = said.some((word) => FAILED_WORD.test(word))
    ? 'failure'
    : isDenied || said.some((word) => ERROR_WORD.test(word))
      ? 'error'
      : said.some((word) => SKIPPED.has(word))
        ? 'skipped'
        : 'passed';
  return { attributes, outcome, isFlaky: false, message: '', text: '' };
}

/** Takes in what stands in a test; returns whether its text is wanted. The first failure is the one that is told. */
function told(test: Test, name: string, attributes: Readonly<Record<string, string>>): boolean {
  if (FLAKY.has(name)) test.isFlaky = true;
  if (SKIPPED.has(name) && test.outcome === 'passed') test.outcome = 'skipped';
  if (!FAILED.has(name)) return false;
  const isFirst = test.message === '' && test.text === '';
  test.outcome = test.outcome === 'error' ? 'error' : (name as 'failure' | 'error');
  if (isFirst) test.message = (attributes.message ?? '').slice(0, HEAD);
  return isFirst;
}

function count(tally: Tally, test: Test, suite: Suite | undefined): void {
  const { outcome, attributes, isFlaky, message, text } = test;
  const { name = '', classname: unit = '', file = '', line = '' } = attributes;
  tally.tests++;
  if (suite) suite.seenTests++;
  if (outcome === 'skipped') tally.skipped++;
  if (outcome === 'passed' && isFlaky) {
    tally.flaky++;
    if (tally.flakyTests.length < MOST_FLAKY) tally.flakyTests.push(titleOf({ name, unit }));
  }
  if (outcome !== 'failure' && outcome !== 'error') return;
  if (outcome === 'failure') tally.failures++;
  else tally.errors++;
  if (suite) suite.seenFailing++;
  if (tally.failed.length < MOST_FINDINGS) tally.failed.push({ name, unit, file, line, message, text });
}

/**
 * Failures that a suite counts and does not list are failures: some tools leave out what they could not start. Tests
 * that it counts and does not list are a report that lost something, unless it counts them as skipped.
 */
function closeSuite(tally: Tally, suites: Suite[], path: string): void {
  const suite = suites.pop();
  if (suite === undefined) return;
  const unlisted = Math.max(0, suite.failing - suite.seenFailing);
  const known = suite.seenTests + unlisted;
  if (suite.tests !== null && suite.tests > known)
    refuse(path, `counts ${suite.tests} executed tests in a suite and lists ${known}`);
  tally.unlisted += unlisted;
  const parent = suites.at(-1);
  if (parent === undefined) return;
  parent.seenFailing += suite.seenFailing + unlisted;
  parent.seenTests += known;
}

function suiteOf(attributes: Readonly<Record<string, string>>, path: string): Suite {
  const [tests, failures, errors] = ['tests', 'failures', 'errors'].map((name) => {
    const text = attributes[name]?.trim();
    if (text === undefined || /^\d{1,9}$/.test(text)) return text === undefined ? null : Number(text);
    return refuse(path, `counts \`${name}\` in a way that is no whole number`);
  });
  const left = [attributes.skipped, attributes.disabled].map((text) =>
    Number(/^\d{1,9}$/.exec(text ?? '') ?? 0),
  );
  return {
    failing: (failures ?? 0) + (errors ?? 0),
    tests: tests == null ? null : tests - left.reduce((sum, count) => sum + count),
    seenFailing: 0,
    seenTests: 0,
  };
}

function refuse(path: string, what: string): never {
  throw new EvidenceProblem('evidence-invalid', `"${path}" ${what}; was it written to the end?`);
}

function bounded(text: string): string {
  return text.length <= HEAD + END ? text : `${text.slice(0, HEAD)}\n…\n${text.slice(-END)}`;
}

/** Many tools repeat the name of the class in that of the test. */
export function titleOf({ name, unit }: { readonly name: string; readonly unit: string }): string {
  return unit === '' || name.includes(unit) ? name || 'a test without a name' : `${unit} › ${name}`;
}
