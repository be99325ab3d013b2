import { basename } from 'node:path';
import type { Places } from '../provider.js';
import type { FailedTest } from './tally.js';

export interface Location {
  readonly path: string | null;
  readonly line: number | null;
}

interface Candidate {
  readonly written: string;
  readonly line: number;
}

const LONGEST_LINE = 1_000;
const MOST_CANDIDATES = 40;
/** `cart.test.js:7:16`, `(CartTest.java:24)`, `cart_test.go:13:`, `Cart.cs:line 12`. */
const WITH_COLON = /((?:[a-z]+:\/\/)?[^\s():"'<>|,]+\.[A-Za-z]\w{0,9}):(?:line )?(\d{1,7})/g;
/** `File "tests/test_cart.py", line 18` */
const IN_WORDS = /File "([^"]+)", line (\d{1,7})/g;
const INSTALLED = /(^|\/)(node_modules|site-packages|dist-packages|vendor)\//;

/** Where a test failed: in its own file if the stack names it, else at the first file of the repository in the stack. */
export async function locate(test: FailedTest, places: Places): Promise<Location> {
  const candidates = candidatesIn(`${test.message}\n${test.text}`);
  const own = candidates.filter(({ written }) => isOwn(written, test));
  for (const { written, line } of [...own, ...candidates]) {
    const path = await places.find(written, { unit: test.unit });
    if (path !== null) return { path, line };
  }
  const path = test.file === '' ? null : await places.find(test.file);
  const line = /^\d{1,7}$/.test(test.line) ? Math.max(1, Number(test.line)) : null;
  return { path, line: path === null ? null : line };
}

function candidatesIn(text: string): readonly Candidate[] {
  const found: Candidate[] = [];
  for (const line of text.split('\n')) {
    for (const pattern of [IN_WORDS, WITH_COLON]) {
      for (const [, written = '', at] of line.slice(0, LONGEST_LINE).matchAll(pattern)) {
        if (Number(at) > 0 && !INSTALLED.test(written)) found.push({ written, line: Number(at) });
      }
    }
    if (found.length >= MOST_CANDIDATES) break;
  }
  return found;
}

/** By the attribute `file`, or by the class, which Java and C# files are named after. */
function isOwn(written: string, { file, unit }: FailedTest): boolean {
  if (file !== '') return written === file || written.endsWith(`/${file}`) || file.endsWith(`/${written}`);
  const [simple = ''] = (unit.split('.').at(-1) ?? '').split('$');
  return simple !== '' && basename(written).split('.')[0] === simple;
}
