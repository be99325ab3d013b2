import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fixture, junit, makeWorkspace, SECRET, type Workspace } from './world.js';

let workspace: Workspace;

beforeAll(async () => {
  workspace = await makeWorkspace();
  await workspace.write({
    'js/test/cart.test.js': '',
    'js/test/broken.test.js': '',
    'py/tests/test_cart.py': '',
    'go/cart/cart_test.go': '',
    'java/src/test/java/shop/CartTest.java': '',
    'java/src/test/java/other/CartTest.java': '',
  });
});

afterAll(() => workspace.remove());

let number = 0;
const read = (text: string) => {
  const path = `r${++number}.xml`;
  return workspace.facts(junit(path), { [path]: text });
};
const refuse = (content: string | Buffer) => {
  const path = `r${++number}.xml`;
  return workspace.problem(junit(path), { [path]: content });
};
const suite = (inside: string, attributes = '') => `<testsuite name="s" ${attributes}>${inside}</testsuite>`;
const PASSED = '<testcase classname="a" name="b"/>';

describe('the report of', () => {
  const CASES = [
    [
      'jest-junit.xml',
      { tests: 4, failures: 2, errors: 0, skipped: 1, flaky: 0 },
      'js/test/cart.test.js:7 js/test/cart.test.js:13',
    ],
    [
      'jest-junit-suite-errors.xml',
      { tests: 6, failures: 3, errors: 1, skipped: 1, flaky: 0 },
      'js/test/cart.test.js:7 js/test/cart.test.js:13 js/test/broken.test.js:1 js/test/broken.test.js',
    ],
    [
      'pytest.xml',
      { tests: 5, failures: 1, errors: 1, skipped: 2, flaky: 0 },
      'py/tests/test_cart.py:18 py/tests/test_cart.py:6',
    ],
    [
      'pytest-xunit1.xml',
      { tests: 5, failures: 1, errors: 1, skipped: 2, flaky: 0 },
      'py/tests/test_cart.py:18 py/tests/test_cart.py:6',
    ],
    [
      'go-junit-report.xml',
      { tests: 4, failures: 2, errors: 0, skipped: 1, flaky: 0 },
      '- go/cart/cart_test.go:13',
    ],
    [
      'gotestsum.xml',
      { tests: 4, failures: 2, errors: 0, skipped: 1, flaky: 0 },
      'go/cart/cart_test.go:13 -',
    ],
    [
      'surefire.xml',
      { tests: 5, failures: 1, errors: 1, skipped: 1, flaky: 1 },
      'java/src/test/java/shop/CartTest.java:29 java/src/test/java/shop/CartTest.java:24',
    ],
    ['surefire-flaky.xml', { tests: 1, failures: 0, errors: 0, skipped: 0, flaky: 1 }, ''],
  ] as const;

  test.each(CASES)('%s is counted, and each failed test found at its line', async (name, counts, places) => {
    const facts = await read(await fixture(name));
    expect(facts).toMatchObject({ ...counts, unlisted: 0 });
    const found = facts.failed.map(({ path, line }) =>
      path === null ? '-' : path + (line ? `:${line}` : ''),
    );
    expect(found.join(' ')).toBe(places);
  });

  test('pytest, Surefire and Go is told in its own words', async () => {
    const words = async (name: string) =>
      (await read(await fixture(name))).failed.map(
        ({ title, message }) => `${title}: ${message.split('\n')[0]}`,
      );
    expect(await words('pytest.xml')).toContain(
      'tests.test_cart › test_total_includes_shipping: AssertionError: total of <cart> & shipping',
    );
    expect(await words('surefire.xml')).toContain(
      'shop.CartTest › totalIncludesShipping: total of <cart> & shipping ==> expected: <12> but was: <10>',
    );
    expect(await words('go-junit-report.xml')).toContain(
      'example.com/shop/cart › TestTotal/with_shipping: cart_test.go:13: total of <cart> & shipping: got 10, want 12',
    );
  });
});

describe('a report', () => {
  test('in several files is one', async () => {
    const facts = await workspace.facts(junit('many/**/*.xml'), {
      'many/a.xml': suite(PASSED),
      'many/deep/b.xml': suite(`${PASSED}<testcase name="c"><failure/></testcase>`),
      'many/notes.txt': 'no report',
    });
    expect(facts).toMatchObject({ files: ['many/a.xml', 'many/deep/b.xml'], tests: 3, failures: 1 });
  });

  test.each([
    [
      'a failure that only the totals tell',
      suite(PASSED, 'failures="2" errors="1"'),
      { tests: 1, unlisted: 3 },
    ],
    [
      'totals of totals are not counted twice',
      `<testsuites failures="1">${suite('', 'failures="1"')}</testsuites>`,
      { unlisted: 1 },
    ],
    [
      'a suite that could not be set up',
      suite('<error message="no database at all">x.py:3</error>'),
      { errors: 1 },
    ],
    [
      'a test that says so by its status alone',
      suite('<testcase name="a" status="failed"/><testcase name="b" result="suppressed" status="notrun"/>'),
      { tests: 2, failures: 1, skipped: 1 },
    ],
    [
      'a test that failed and was skipped after',
      suite('<testcase name="a"><failure/><skipped/></testcase>'),
      { failures: 1, skipped: 0 },
    ],
    [
      'a test that was run again and failed again',
      suite('<testcase name="a"><flakyFailure/><failure/><rerunFailure/></testcase>'),
      { tests: 1, failures: 1, flaky: 0 },
    ],
    [
      'a test that says so by another word',
      suite(
        '<testcase name="a" status="fail"/><testcase name="b" result="errored"/><testcase name="c" success="False"/>',
      ),
      { tests: 3, failures: 1, errors: 2 },
    ],
    [
      'a failure outside of all suites',
      `<testsuites><failure message="crashed"/>${suite(PASSED)}</testsuites>`,
      { failures: 1 },
    ],
    [
      'capitals and prefixes',
      `<j:TestSuites><j:testsuite Failures="2"><TestCase name="a"><Failure/></TestCase><j:testcase name="b"><j:error/></j:testcase><testcase name="c" Status="failed"/><testcase name="d"><SKIPPED/></testcase></j:testsuite></j:TestSuites>`,
      { tests: 4, failures: 2, errors: 1, skipped: 1, unlisted: 0 },
    ],
    ['a total with spaces', suite(PASSED, 'failures=" 1 "'), { unlisted: 1 }],
    [
      'tests that were skipped and not listed',
      suite(PASSED, 'tests="3" skipped="1" disabled="1"'),
      { tests: 1 },
    ],
    ['nothing', '<testsuites/>', { tests: 0 }],
  ])('with %s is taken at its worst', async (_, text, counts) => {
    expect(await read(text)).toMatchObject(counts);
  });

  test('shows no secret, and none of it that a cut would leave', async () => {
    const text = `${'x'.repeat(595)}${SECRET}`;
    const { failed } = await read(suite(`<testcase name="${SECRET}"><failure>${text}</failure></testcase>`));
    expect(failed[0]?.title).toBe('***');
    expect(failed[0]?.message).not.toContain('hunter');
  });

  test('keeps the first two hundred failures and counts the others', async () => {
    const facts = await read(suite('<testcase name="a"><failure/></testcase>'.repeat(250)));
    expect(facts).toMatchObject({ failures: 250 });
    expect(facts.failed).toHaveLength(200);
  });

  test('does not take a file that could be another one for the place of a failure', async () => {
    const failed = (unit: string) =>
      suite(`<testcase classname="${unit}" name="a"><failure>at x(CartTest.java:3)</failure></testcase>`);
    expect((await read(failed('other.CartTest'))).failed[0]?.path).toBe(
      'java/src/test/java/other/CartTest.java',
    );
    expect((await read(failed('third.CartTest'))).failed[0]?.path).toBe(null);
  });
});

describe('it is refused when', () => {
  const BOMB = `<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">${'bcdefgh'.replace(/./g, (n) => `<!ENTITY ${n} "&a;&a;&a;&a;">`)}]><testsuite>&h;</testsuite>`;
  test.each([
    ['it holds an entity bomb', BOMB, /^evidence-invalid: .*document type/],
    [
      'it reads an external file',
      '<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuite/>',
      /^evidence-invalid: .*document type/,
    ],
    [
      'it names an entity that is none of XML',
      suite('&nbsp;'),
      /^evidence-invalid: .*malformed: undefined entity/,
    ],
    [
      'it was cut off',
      '<testsuite><testcase name="a">',
      /^evidence-invalid: .*line 1: the XML is malformed: unclosed tag/,
    ],
    ['it is empty', '', /^evidence-invalid: .*malformed/],
    ['it lists fewer tests than it counts', suite(PASSED, 'tests="100"'), /^evidence-invalid: .*lists 1/],
    [
      'all its suites list fewer tests than it counts',
      `<testsuites tests="3">${suite(PASSED, 'tests="1"')}${suite(PASSED)}</testsuites>`,
      /^evidence-invalid: .*counts 3 .*lists 2/,
    ],
    ['a total is no whole number', suite(PASSED, 'failures="1.0"'), /^evidence-invalid: .*`failures`/],
    ['a total has a sign', suite(PASSED, 'errors="+1"'), /^evidence-invalid: .*`errors`/],
    [
      'a test is inside of another one',
      suite('<testcase name="a"><failure/><testcase name="b"/></testcase>'),
      /^evidence-invalid: .*inside of a test/,
    ],
    ['it is no XML', '{"tests": 3}', /^evidence-invalid: .*malformed/],
    ['it is another kind of XML', '<coverage/>', /^evidence-unsupported: .*begins with <coverage>/],
    ['it is nested without end', '<testsuite>'.repeat(100), /^evidence-invalid: .*nested more than 64/],
    [
      'it holds other bytes than UTF-8',
      Buffer.from([...Buffer.from('<testsuite name="'), 0xe9, 0x22]),
      /^evidence-invalid: .*not UTF-8/,
    ],
    [
      'it ends within a character',
      Buffer.from([...Buffer.from('<testsuite/>'), 0xe2, 0x82]),
      /^evidence-invalid: .*not UTF-8/,
    ],
    ['it is UTF-16', Buffer.from('\ufeff<testsuite/>', 'utf16le'), /^evidence-unsupported: .*UTF-16/],
    [
      'it is UTF-16 without a mark',
      Buffer.from('<testsuite/>', 'utf16le'),
      /^evidence-unsupported: .*UTF-16/,
    ],
    [
      'it says that it is another encoding',
      '<?xml version="1.0" encoding="windows-1252"?><testsuite/>',
      /^evidence-unsupported: .*windows-1252/,
    ],
  ])('%s', async (_, content, says) => {
    expect(await refuse(content)).toMatch(says);
  });

  test('one element alone would fill the memory', async () => {
    const text = Buffer.alloc(33 * 1024 * 1024, 'x');
    expect(await refuse(Buffer.concat([Buffer.from('<testsuite><system-out>'), text]))).toMatch(
      /^evidence-too-large: .*32 MiB/,
    );
  });
});
