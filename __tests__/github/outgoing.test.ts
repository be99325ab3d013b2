import { expect, test } from '@jest/globals';
import { redactBody } from '../../src/github/outgoing.js';

const redact = (text: string) => text.replaceAll('hunter22', '***').replaceAll('production', '***');
const sent = (body: unknown) => JSON.parse(redactBody(JSON.stringify(body), redact));

test('a secret in any text of a body is replaced', () => {
  expect(
    sent({
      output: { title: 'hunter22', annotations: [{ message: 'a hunter22 b' }] },
      description: 'hunter22',
    }),
  ).toEqual({ output: { title: '***', annotations: [{ message: 'a *** b' }] }, description: '***' });
});

test('a secret inside base64 contents is replaced, and the contents stay base64', () => {
  const contents = Buffer.from('{"line": "x hunter22"}').toString('base64');
  const body = sent({
    variables: { input: { fileChanges: { additions: [{ path: 'a/report.md', contents }] } } },
  });
  const [file] = body.variables.input.fileChanges.additions;
  expect(file.path).toBe('a/report.md');
  expect(Buffer.from(file.contents, 'base64').toString()).toBe('{"line": "x ***"}');
});

test('the record stays as it is: its texts are redacted by field, and no word of it may be lost', () => {
  const text = '{"stage":"production"}';
  const contents = Buffer.from(text).toString('base64');
  const additions = ['a/events.jsonl', 'current.json'].map((path) => ({ path, contents }));
  expect(sent({ variables: { input: { fileChanges: { additions } } } })).toEqual({
    variables: { input: { fileChanges: { additions } } },
  });
  const tree = [{ path: 'current.json', mode: '100644', type: 'blob', content: text }];
  expect(sent({ tree: [...tree] })).toEqual({ tree });
});

test('a secret that equals the name of the environment does not send a write elsewhere', () => {
  const branch = { branchName: 'gated-release/shop/production', repositoryNameWithOwner: 'acme/production' };
  expect(
    sent({ variables: { input: { branch } }, ref: 'refs/heads/production', parents: ['production'] }),
  ).toEqual({
    variables: { input: { branch } },
    ref: 'refs/heads/production',
    parents: ['production'],
  });
});

test('a secret that equals a branch does not turn a pull request to another one', () => {
  const body = {
    title: 'hunter22',
    head: 'gated-rollback/production',
    base: 'production',
    labels: ['production'],
  };
  expect(sent(body)).toEqual({ ...body, title: '***' });
});
