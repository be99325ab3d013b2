import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { batchFrom } from '../../src/metrics/run/batch.js';
import { parsePlan } from '../../src/plan/parse.js';
import type { MetricKind } from '../../src/plan/plan.js';
import { temporaryDirectory } from './world.js';

const ROOT = join(import.meta.dirname, '../..');
const DOCS = join(ROOT, 'docs/metrics');
const pages = readdirSync(DOCS).map((name) => ({ name, text: readFileSync(join(DOCS, name), 'utf8') }));
const page = (name: string) => pages.find((one) => one.name === name)?.text ?? '';

/** What a plan needs besides its metrics. */
const REST = `service: shop
promote: ./deploy.sh
canary:
  traffic: {run: ./route.sh}
  steps: [{weight: 10, for: 60m}]
`;

const examples = pages.flatMap(({ name, text }) =>
  blocks(text, 'yaml').map((yaml, i) => ({ title: `${name}, example ${i + 1}`, yaml })),
);

test.each(examples)('$title is a plan without a problem', ({ yaml }) => {
  const outcome = parsePlan({ text: REST + yaml, source: 'plan.yml', environment: 'production' });
  expect('problems' in outcome ? outcome.problems : []).toEqual([]);
});

test('each source has a page, with an example', () => {
  const sources = ['probe', 'prometheus', 'http-json', 'run'];
  for (const source of sources) {
    expect(blocks(page(`${source}.md`), 'yaml').join()).toContain(`${source}:`);
    expect(page('README.md')).toContain(`(${source}.md)`);
  }
});

test('every file and page that is named is there', () => {
  for (const { text } of pages) {
    for (const [, path = ''] of text.matchAll(/`((?:src|__tests__)\/[\w/.-]+\.ts)`/g))
      readFileSync(join(ROOT, path));
    for (const [, link = ''] of text.matchAll(/\]\(([\w-]+\.md)\)/g)) readFileSync(join(DOCS, link));
  }
});

describe('run', () => {
  const lines = [...page('run.md').matchAll(/^\| `(errors|latency|gauge)`.*\| `(\{.*\})` \|$/gm)];

  test.each(lines.map(([, kind = '', line = '']) => ({ kind: kind as MetricKind, line })))(
    'of $kind may print $line',
    ({ kind, line }) => {
      const batch = batchFrom(line, kind);
      expect(batch.canary).not.toBeNull();
      expect(batch.baseline).not.toBeNull();
    },
  );

  test('the script that is shown prints what its metric needs', () => {
    const directory = temporaryDirectory();
    try {
      const log = join(directory, 'orders.log');
      const rows = ['10 canary failed', '11 canary ok', '20 canary ok', '20 stable failed', '21 stable ok'];
      writeFileSync(log, `${rows.join('\n')}\n`);
      const [bash = ''] = blocks(page('run.md'), 'bash');
      const env = { ...process.env, ORDERS_LOG: log, RELEASE_WINDOW_START: '10', RELEASE_WINDOW_END: '20' };
      const printed = execFileSync('bash', ['-c', bash], { env, encoding: 'utf8' });
      expect(batchFrom(printed.trim(), 'errors')).toEqual({
        kind: 'errors',
        canary: { failed: 0, total: 2 },
        baseline: { failed: 1, total: 1 },
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

function blocks(text: string, language: string): readonly string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, block = '']) => block,
  );
}
