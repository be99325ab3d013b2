import { expect, test } from '@jest/globals';
import { Progress } from '../../src/backup/progress.js';

test('bytes, rate and time are told while it goes on, at most every two seconds', () => {
  const lines: string[] = [];
  let now = 0;
  const clock = { now: () => now, sleep: async () => undefined };
  const progress = new Progress(clock, (line) => lines.push(line));
  for (now = 0; now <= 4_500; now += 500) progress.add(1_000_000);
  expect(lines).toEqual(['5.0 MB in 2.0 s, 2.5 MB/s', '9.0 MB in 4.0 s, 2.3 MB/s']);
});
