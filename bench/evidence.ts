import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atMost, type Measured } from './goal.js';

const FILE_MB = 100;
const MOST_MB = 150;
const TESTS_A_WRITE = 500;
/** One in so many tests fails, with a stack. */
const FAILS = 10;
const PRINTED = `${'x'.repeat(60)}\n`;

/** What a large JUnit file costs: the memory of the process that reads it, and its speed beside reading the bytes. */
export async function evidence(): Promise<Measured> {
  const directory = mkdtempSync(join(tmpdir(), 'gated-release-bench-'));
  try {
    const path = join(directory, 'report.xml');
    const tests = writeReport(path);
    const mb = statSync(path).size / 1e6;
    const read = readInChild(path);
    if (read.tests !== tests) throw new Error(`${read.tests} of ${tests} tests were read`);
    return {
      goals: [
        atMost(
          'junit-memory',
          read.residentMb,
          MOST_MB,
          `MB of memory in all, at its most, while a JUnit file of ${mb.toFixed(0)} MB with ${tests} tests is read`,
        ),
      ],
      figures: [{ fileMb: mb, tests, ms: read.ms, residentMb: read.residentMb }],
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Small tests, failures with stacks, and one text of 20 MB, as a suite that prints all it does leaves it. */
function writeReport(path: string): number {
  const file = openSync(path, 'w');
  let tests = 0;
  let bytes = writeSync(file, '<?xml version="1.0" encoding="UTF-8"?><testsuites><testsuite name="shop">\n');
  while (bytes < (FILE_MB - 20) * 1e6) {
    const some = Array.from({ length: TESTS_A_WRITE }, () => testcase(++tests));
    bytes += writeSync(file, some.join('\n'));
  }
  bytes += writeSync(file, '<system-out><![CDATA[');
  while (bytes < FILE_MB * 1e6) bytes += writeSync(file, PRINTED.repeat(1_000));
  writeSync(file, ']]></system-out></testsuite></testsuites>');
  closeSync(file);
  return tests;
}

function testcase(number: number): string {
  const failure = `<failure message="no &lt;cart&gt;"><![CDATA[at shop.CartTest(CartTest.java:${number})\n${PRINTED.repeat(20)}]]></failure>`;
  return `<testcase classname="shop.CartTest" name="adds up ${number}" time="0.001">${number % FAILS === 0 ? failure : ''}<system-out>${PRINTED.repeat(3)}</system-out></testcase>`;
}

function readInChild(path: string): { tests: number; ms: number; residentMb: number } {
  const reader = fileURLToPath(new URL('./evidence-reader.js', import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, [reader, path], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the reader ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as { tests: number; ms: number; residentMb: number };
}
