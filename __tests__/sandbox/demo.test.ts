import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { shareOf } from '../../sandbox/demo/follow.js';
import { fiveLines } from '../../sandbox/demo/releases.js';
import { openScreen } from '../../sandbox/demo/screen.js';
import { bar, factOf, failedOf, hang, table, wrap } from '../../sandbox/demo/text.js';
import { workflowSteps } from '../../sandbox/demo/workflow.js';
import { repositoryDirectory } from '../../sandbox/shop/checkout.js';

const KNOWN = {
  'actions/checkout': { kind: 'run', script: 'true' },
  'acme/gated-release': { kind: 'action', directory: '/action' },
} as const;

describe('the text of the demo', () => {
  const words = fc.array(fc.stringMatching(/^[!-~]{1,20}$/), { maxLength: 60 });

  test('a wrapped text loses no word and keeps to its width', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 20, max: 110 }), (list, width) => {
        const lines = wrap(list.join(' '), width);
        expect(lines.join(' ')).toBe(list.join(' '));
        expect(lines.every((line) => line.length <= width)).toBe(true);
      }),
    );
  });

  test('a text that hangs behind its head begins each line in the same column', () => {
    expect(hang('head ', 'one two three', 13)).toEqual(['head one two', '     three']);
    expect(hang('head ', '', 13)).toEqual(['head']);
  });

  test('a table keeps its columns, and to its width', () => {
    expect(
      table(
        [
          ['a', 'bb', 'one two'],
          ['aaa', 'b', 'three'],
        ],
        12,
      ),
    ).toEqual(['a    bb  one', '         two', 'aaa  b   three']);
  });

  test.each([
    [0, '[....................]'],
    [1, '[#...................]'],
    [10, '[##..................]'],
    [99, '[###################.]'],
    [100, '[####################]'],
  ])('%d %% of the traffic is %s', (percent, text) => {
    expect(bar(percent)).toBe(text);
  });

  test('a failure is told with its share, and no failure without one', () => {
    expect(failedOf({ total: 41, failed: 3 })).toBe('3 of 41 failed (7.3 %)');
    expect(failedOf({ total: 41, failed: 0 })).toBe('0 of 41 failed');
  });

  test("a check's verdict is not said twice", () => {
    expect(factOf('Passed: 1.1 is in service: read back')).toBe('1.1 is in service: read back');
    expect(factOf(null)).toBe('');
  });
});

test('a version has the share of its slots, whichever it runs in', () => {
  const at = (stable: string, canary: string | null, weight: number) => ({
    slots: {
      stable: { version: stable, pid: 1 },
      canary: canary === null ? null : { version: canary, pid: 2 },
    },
    weight,
  });
  expect(shareOf('1.1', at('1.0', null, 0))).toBe(0);
  expect(shareOf('1.1', at('1.0', '1.1', 10))).toBe(10);
  expect(shareOf('1.1', at('1.1', '1.1', 50))).toBe(100);
  expect(shareOf('1.1', at('1.1', '1.2', 10))).toBe(90);
});

test('where there is no terminal, nothing but lines is written, and no colour', () => {
  const written: string[] = [];
  const out = { isTTY: false, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
  const screen = openScreen(out, {});
  screen.live('passing by');
  screen.line(screen.paint('red', 'staying'));
  expect(written).toEqual(['staying\n']);
});

test('NO_COLOR is heard on a terminal', () => {
  const out = { isTTY: true, columns: 80, write: () => true } as unknown as NodeJS.WriteStream;
  expect(openScreen(out, { NO_COLOR: '1' }).paint('red', 'plain')).toBe('plain');
  expect(openScreen(out, {}).paint('red', 'plain')).not.toBe('plain');
});

describe('the workflow of a commit', () => {
  test("the shop's own is carried out step by step, with its inputs and variables", async () => {
    const text = await readFile(join(repositoryDirectory(), '.github', 'workflows', 'release.yml'), 'utf8');
    const steps = workflowSteps(text, KNOWN);
    expect(steps.map(({ kind }) => kind)).toEqual(['run', 'run', 'action']);
    expect(steps[2]).toMatchObject({ with: { environment: 'production' } });
    expect(Object.keys(steps[2]?.env ?? {})).toContain('SHOP_PUBLIC_URL');
  });

  test('the one without a plan has five inputs beside the version', async () => {
    const [, , action] = workflowSteps(await fiveLines(), KNOWN);
    const { version, ...others } = action?.kind === 'action' ? (action.with ?? {}) : {};
    expect(version).toBe('${{ steps.shop.outputs.version }}');
    expect(Object.keys(others)).toEqual(['environment', 'promote', 'in-service', 'ready', 'watch']);
  });

  test('an action that is not known here is named', () => {
    const text = 'jobs: {release: {steps: [{uses: acme/other@v1}]}}';
    expect(() => workflowSteps(text, KNOWN)).toThrow('"acme/other@v1". Known here: actions/checkout');
  });
});
