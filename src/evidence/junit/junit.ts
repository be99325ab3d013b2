import type { Finding, TestFacts } from '../contract.js';
import type { Format, ReadContext, ReportFile } from '../provider.js';
import { locate } from './location.js';
import { emptyTally, type FailedTest, listenInto, titleOf } from './tally.js';
import { readXml } from './xml.js';

const MIB = 1024 * 1024;
/** A message as short as this (`Failed`) says less than the text below it. */
const TELLING = 12;

/** JUnit XML in the forms that test runners write it; there is no standard, so what is not known is left alone. */
export function junitFormat(): Format {
  return { name: 'JUnit XML', mostBytes: 128 * MIB, read };
}

async function read(files: readonly ReportFile[], context: ReadContext): Promise<TestFacts> {
  const { words } = context;
  const tally = emptyTally();
  for (const file of files)
    await readXml(file, { words, listener: listenInto(tally, { path: file.path, words }) });
  const failed: Finding[] = [];
  for (const test of tally.failed) failed.push(await findingOf(test, context));
  const flakyTests = tally.flakyTests.map((name) => words.title(name));
  return { ...tally, kind: 'junit', files: files.map(({ path }) => path), failed, flakyTests };
}

async function findingOf(test: FailedTest, { places, words }: ReadContext): Promise<Finding> {
  const { message, text } = test;
  const said = message.length > TELLING || text.trim() === '' ? message : text;
  return {
    ...(await locate(test, places)),
    title: words.title(titleOf(test)),
    message: words.message(said === '' ? 'The report says no more than that it failed.' : said),
  };
}
