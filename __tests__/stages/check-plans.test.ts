import { expect, test } from '@jest/globals';
import type { Facts } from '../../src/github/contract.js';
import { readPlans } from '../../src/stages/check-plans.js';
import type { Ports } from '../../src/stages/context.js';

test('more plans than fifty are red, and none after the fiftieth is read', async () => {
  const path = (index: number) => `.github/releases/x${String(index).padStart(2, '0')}.yml`;
  const read: string[] = [];
  const facts: Pick<Facts, 'files' | 'text'> = {
    files: async (commit) => (commit === 'head' ? Array.from({ length: 51 }, (_, index) => path(index)) : []),
    text: async (file) => {
      read.push(file.path);
      return file.commit === 'base' ? null : `service: ${file.path.slice(17, 20)}\npromote: ./deploy.sh\n`;
    },
  };
  const plans = await readPlans({
    ports: { github: { facts } } as unknown as Ports,
    ...{ base: 'base', head: 'head', branch: 'main', plans: '.github/releases/*.yml' },
    ...{ inputs: { environment: 'production' }, defaultService: 'shop' },
  });
  expect(plans.broken).toEqual([
    expect.objectContaining({
      reason: 'plan-invalid',
      lines: [expect.stringContaining('names more than 50 plans')],
    }),
  ]);
  expect(plans.files).toHaveLength(50);
  expect(new Set(read)).toEqual(new Set(plans.files.map(({ source }) => source)));
  expect(read).not.toContain(path(50));
});
