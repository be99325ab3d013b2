import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { BREAKAGES } from '../../sandbox/simulation/breakages.js';

/** That the simulation notices them is shown by `npm run faults -- --broken`. */
test.each(BREAKAGES)(
  'there is one line to take away from an engine that $what',
  ({ module, line, broken }) => {
    const lines = (text: string) => text.split('\n').map((one) => one.trim());
    const text = lines(readFileSync(`${module}.ts`, 'utf8')).join('\n');
    expect(text.split(lines(line).join('\n'))).toHaveLength(2);
    expect(broken).not.toBe(line);
  },
);
