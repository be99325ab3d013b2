import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { findFiles } from '../../src/host/find-files.js';

const root = mkdtempSync(join(tmpdir(), 'find-'));
for (const path of [
  '.github/gated-release.yml',
  'services/mail/release.yml',
  'services/shop/release.yml',
  'services/shop/notes.md',
  'node_modules/x/release.yml',
]) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), '');
}
afterAll(() => rmSync(root, { recursive: true }));

test.each([
  ['.github/gated-release.yml', ['.github/gated-release.yml']],
  ['./.github/gated-release.yml', ['.github/gated-release.yml']],
  ['services/*/release.yml', ['services/mail/release.yml', 'services/shop/release.yml']],
  ['**/release.yml', ['services/mail/release.yml', 'services/shop/release.yml']],
  [
    '{.github,services/**}/*.yml',
    ['.github/gated-release.yml', 'services/mail/release.yml', 'services/shop/release.yml'],
  ],
  ['absent.yml', []],
  ['absent/*.yml', []],
])('%s finds %j', (pattern, found) => {
  expect(findFiles(root, pattern)).toEqual(found);
});
