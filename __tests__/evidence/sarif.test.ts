import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fixture, makeWorkspace, SECRET, sarif, type Workspace } from './world.js';

let workspace: Workspace;

beforeAll(async () => {
  workspace = await makeWorkspace();
  await workspace.write({
    'js/src/cart.js': '',
    'src/cart.js': '',
    'src/a b.js': '',
    'server/routes.py': '',
    Dockerfile: '',
  });
});

afterAll(() => workspace.remove());

let number = 0;
const read = (text: string) => {
  const path = `s${++number}.sarif`;
  return workspace.facts(sarif(path), { [path]: text });
};
const refuse = (log: unknown) => {
  const path = `s${++number}.sarif`;
  return workspace.problem(sarif(path), { [path]: typeof log === 'string' ? log : JSON.stringify(log) });
};

const at = (uri: string, startLine = 1, snippet?: string) => ({
  physicalLocation: {
    artifactLocation: { uri },
    region: { startLine, ...(snippet === undefined ? {} : { snippet: { text: snippet } }) },
  },
});
const finding = (about: object = {}) => ({
  ruleId: 'x/y',
  message: { text: 'bad' },
  locations: [at('src/cart.js')],
  ...about,
});
const run = (results: readonly object[], more: object = {}) => ({
  tool: { driver: { name: 'Scanner' } },
  results,
  ...more,
});
const log = (...runs: readonly object[]) => JSON.stringify({ version: '2.1.0', runs });
const alerts = async (results: readonly object[], more: object = {}) =>
  (await read(log(run(results, more)))).alerts;
const severities = async (about: object, rule: object = {}) =>
  (await alerts([finding(about)], { tool: { driver: { name: 'S', rules: [{ id: 'x/y', ...rule }] } } })).map(
    ({ severity }) => severity,
  );

describe('the report of', () => {
  test('ESLint is read by its levels, each finding at its line', async () => {
    const { tools, alerts: found } = await read(await fixture('eslint.sarif'));
    expect(tools).toEqual(['ESLint']);
    expect(found.map(({ severity, rule, path, line }) => `${severity} ${rule} ${path}:${line}`)).toEqual([
      'high no-unused-vars js/src/cart.js:1',
      'high no-unused-vars js/src/cart.js:5',
      'high no-eval js/src/cart.js:6',
      'medium no-var js/src/cart.js:4',
    ]);
  });

  test('Semgrep is read by the defaults of its rules, and by a severity written as a word', async () => {
    const { alerts: found } = await read(await fixture('semgrep.sarif'));
    expect(found.map(({ severity, rule, path, line }) => `${severity} ${rule} ${path}:${line}`)).toEqual([
      'high no-eval src/cart.js:6',
      'medium no-var src/cart.js:1',
      'medium no-var src/cart.js:4',
    ]);
  });

  test('Trivy is read by its scores, below a root that is not the one of the machine', async () => {
    const { tools, alerts: found } = await read(await fixture('trivy.sarif'));
    expect(tools).toEqual(['Trivy']);
    expect(found.map(({ severity, rule, path, line }) => `${severity} ${rule} ${path}:${line}`)).toEqual([
      'high DS002 Dockerfile:1',
      'medium DS001 Dockerfile:1',
    ]);
  });

  test('a tool with rules in extensions is read by the rule that each result names, at its end and not on its way', async () => {
    const extensions = [
      { name: 'a', rules: [{ id: 'other', defaultConfiguration: { level: 'note' } }] },
      { name: 'b', rules: [{ id: 'js/eval', properties: { 'security-severity': '9.3' } }] },
    ];
    const result = finding({
      ruleId: 'js/eval',
      rule: { id: 'js/eval', index: 0, toolComponent: { index: 1 } },
      codeFlows: [{ threadFlows: [{ locations: [{ location: at('src/form.js', 3) }] }] }],
    });
    const [alert] = await alerts([result], { tool: { driver: { name: 'CodeQL' }, extensions } });
    expect(alert).toMatchObject({ rule: 'js/eval', severity: 'critical', path: 'src/cart.js' });
  });
});

describe('the severity of a finding', () => {
  test.each([
    [{ level: 'error' }, {}, 'high'],
    [{ level: 'warning' }, {}, 'medium'],
    [{ level: 'note' }, {}, 'low'],
    [{ level: 'none' }, {}, 'none'],
    [{}, {}, 'medium'],
    [{}, { defaultConfiguration: { level: 'error' } }, 'high'],
    [{ level: 'note' }, { defaultConfiguration: { level: 'error' } }, 'low'],
    [{ level: 'note' }, { properties: { 'security-severity': '9.0' } }, 'critical'],
    [{ level: 'error' }, { properties: { 'security-severity': '8.9' } }, 'high'],
    [{ level: 'error' }, { properties: { 'security-severity': 6.9 } }, 'medium'],
    [{ level: 'error' }, { properties: { 'security-severity': '3.9' } }, 'low'],
    [{ level: 'error' }, { properties: { 'security-severity': '0.0' } }, 'none'],
    [{ properties: { 'security-severity': '7' } }, { properties: { 'security-severity': '1' } }, 'high'],
    [{ kind: 'review' }, {}, 'medium'],
    [{ kind: 'open', level: 'error' }, {}, 'high'],
    [{ ruleId: 'x/y/part' }, { defaultConfiguration: { level: 'error' } }, 'high'],
  ])('%j with the rule %j is %s', async (about, rule, severity) => {
    expect(await severities(about, rule)).toEqual([severity]);
  });

  test.each([
    [{ kind: 'pass' }],
    [{ kind: 'informational' }],
    [{ kind: 'notApplicable' }],
    [{ baselineState: 'absent' }],
  ])('%j is no finding', async (about) => {
    expect(await severities(about)).toEqual([]);
  });

  test.each([
    [{ level: 'fatal' }],
    [{ level: 5 }],
    [{ properties: { 'security-severity': '11' } }],
    [{ properties: { 'security-severity': 'soon' } }],
  ])('%j is none, and shuts the gate', async (about) => {
    expect(await refuse(log(run([finding(about)])))).toMatch(
      /^evidence-invalid: .*result 1 \(x\/y\).*which is none/,
    );
  });
});

describe('a suppression', () => {
  test.each([
    [[{ kind: 'inSource' }], 1],
    [[{ kind: 'external', status: 'accepted' }], 1],
    [[{ kind: 'external', status: 'underReview' }], 0],
    [[{ kind: 'inSource' }, { kind: 'external', status: 'rejected' }], 0],
    [[], 0],
    [['accepted'], 0],
    [[{ status: 'accepted' }], 0],
  ])('%j takes %i of one finding away', async (suppressions, count) => {
    expect(await read(log(run([finding({ suppressions })])))).toMatchObject({ suppressed: count });
  });
});

describe('a finding is known again', () => {
  const prints = async (...results: readonly object[]) =>
    (await alerts(results)).map(({ fingerprint }) => fingerprint);
  const same = async (a: object, b: object) => {
    const [[one], [two]] = await Promise.all([prints(a), prints(b)]);
    return one === two;
  };

  test('when its line moved and its code is indented otherwise', async () => {
    const moved = (line: number, code: string) => finding({ locations: [at('src/cart.js', line, code)] });
    expect(await same(moved(3, 'eval(x);'), moved(90, '\t eval(x);'))).toBe(true);
    expect(await same(moved(3, 'eval(x);'), moved(3, 'eval(y);'))).toBe(false);
  });

  test('by what the tool gives for it, whatever its message', async () => {
    const given = (value: string, text: string) =>
      finding({ partialFingerprints: { line: value }, message: { text } });
    expect(await same(given('abcd:1', 'a'), given('abcd:1', 'b'))).toBe(true);
    expect(await same(given('abcd:1', 'a'), given('abce:1', 'a'))).toBe(false);
  });

  test('not by a sentence in the place of a fingerprint', async () => {
    const given = (text: string) => finding({ fingerprints: { id: 'requires login' }, message: { text } });
    expect(await same(given('a'), given('b'))).toBe(false);
  });

  test('as another one in another file or by another rule, and twice when it is there twice', async () => {
    expect(await same(finding(), finding({ ruleId: 'x/z' }))).toBe(false);
    expect(await same(finding(), finding({ locations: [at('src/a%20b.js')] }))).toBe(false);
    const [first, second] = await prints(finding(), finding());
    expect(first).not.toBe(second);
    expect(await prints(finding())).toEqual([first]);
  });
});

describe('the place of a finding', () => {
  test.each([
    ['relative and encoded', finding({ locations: [at('src/a%20b.js', 4)] }), {}, 'src/a b.js:4'],
    [
      'by its index',
      finding({ locations: [{ physicalLocation: { artifactLocation: { index: 0 } } }] }),
      { artifacts: [{ location: { uri: 'src/cart.js' } }] },
      'src/cart.js:1',
    ],
    [
      'below a base',
      finding({
        locations: [{ physicalLocation: { artifactLocation: { uri: 'cart.js', uriBaseId: 'SRC' } } }],
      }),
      { originalUriBaseIds: { SRC: { uri: 'file:///home/runner/work/shop/shop/src' } } },
      'src/cart.js:1',
    ],
    [
      'below the root of the machine, in full',
      finding({
        locations: [
          { physicalLocation: { artifactLocation: { uri: 'work/shop/src/cart.js', uriBaseId: 'ROOT' } } },
        ],
      }),
      { originalUriBaseIds: { ROOT: { uri: 'file:///' } } },
      'src/cart.js:1',
    ],
    ['no file of the repository', finding({ locations: [at('image.tar.gz')] }), {}, 'null:null'],
    ['outside', finding({ locations: [at('../../etc/passwd')] }), {}, 'null:null'],
    ['not told', finding({ locations: [] }), {}, 'null:null'],
  ])('is found when it is %s', async (_, result, more, place) => {
    const [alert] = await alerts([result], more);
    expect(`${alert?.path}:${alert?.line}`).toBe(place);
  });
});

test('a message with arguments, and one with a secret, are told to people', async () => {
  const rules = [{ id: 'x/y', messageStrings: { m: { text: '{0} is used in {1}' } } }];
  const results = [
    finding({ message: { id: 'm', arguments: ['eval', 'cart'] } }),
    finding({ message: { text: `key ${SECRET}` } }),
  ];
  const found = await alerts(results, { tool: { driver: { name: 'S', rules } } });
  expect(found.map(({ message }) => message)).toEqual(['eval is used in cart', 'key ***']);
});

describe('it is refused when', () => {
  test.each([
    [
      'it is another version',
      { version: '2.0.0', runs: [] },
      /^evidence-unsupported: .*is SARIF 2\.0\.0, and SARIF 2\.1\.0 is read/,
    ],
    ['it is no SARIF', { results: [] }, /^evidence-unsupported: .*not SARIF: it has no `version`/],
    ['it is a list', [], /^evidence-unsupported/],
    ['nothing was run', { version: '2.1.0', runs: [] }, /^evidence-invalid: .*holds no run/],
    [
      'a run does not say what it found',
      log({ tool: { driver: { name: 'S' } } }),
      /^evidence-invalid: .*a run of S without `results`/,
    ],
    [
      'the tool did not succeed',
      log(run([], { invocations: [{ executionSuccessful: false }] })),
      /^evidence-invalid: .*Scanner did not run successfully/,
    ],
    [
      'the tool says its success in a word',
      log(run([], { invocations: [{ executionSuccessful: 'false' }] })),
      /^evidence-invalid: .*did not run successfully/,
    ],
    [
      'the tool says no more than a bad exit code',
      log(run([], { invocations: [{ exitCode: 2 }] })),
      /^evidence-invalid: .*did not run successfully/,
    ],
    [
      'the tool noted an error and does not say that it succeeded',
      log(run([], { invocations: [{ toolExecutionNotifications: [{ level: 'error' }] }] })),
      /^evidence-invalid: .*did not run successfully/,
    ],
    [
      'a key stands in it twice',
      log(run([finding()])).replace('"results"', '"r\\u0065sults":[],\n"results"'),
      /^evidence-invalid: .*names one key twice at line 2/,
    ],
    [
      'the results are elsewhere',
      log({ tool: {}, externalPropertyFileReferences: { results: [{}] } }),
      /^evidence-unsupported: .*in other files/,
    ],
    ['it was cut off', '{"version": "2.1.0", "runs": [', /^evidence-invalid: .*not JSON/],
  ])('%s', async (_, content, says) => {
    expect(await refuse(content)).toMatch(says);
  });
});
