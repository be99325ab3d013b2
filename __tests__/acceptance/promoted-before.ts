import { commitFiles } from '../../sandbox/github/seed.js';
import { emptyCurrent, formatCurrent } from '../../src/release/current.js';
import type { Scenario } from './scenario.js';

/**
 * Lets 1.1 be in service as if an earlier release had promoted it: what the next one reads of it is the ledger's
 * `current.json` and the service. Gives its commit.
 */
export async function promotedBefore(scenario: Scenario): Promise<string> {
  const sha = await scenario.commit({ 'app.txt': 'of 1.1\n' }, 'Version 1.1');
  const current = {
    ...emptyCurrent('shop', 'production'),
    fence: 1,
    last_promoted: {
      release: `20260101-000000-${sha.slice(0, 7)}-0000`,
      version: '1.1',
      sha,
      at: '2026-01-01T00:00:00.000Z',
    },
  };
  await commitFiles(scenario.github, {
    branch: 'gated-release/shop/production',
    files: { 'current.json': formatCurrent(current) },
    message: 'shop/production: as an earlier release left it',
  });
  scenario.service.setStable('1.1');
  return sha;
}
