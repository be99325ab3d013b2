import { join } from 'node:path';
import { type SandboxGithub, startGithub } from '../github/github.js';
import { commitFiles } from '../github/seed.js';
import { exportRepository, repositoryDirectory } from '../shop/checkout.js';
import { type Shop, startShop } from '../shop/platform.js';
import { type Customers, sendCustomers } from './customers.js';

/** Everything that the demo runs on: a GitHub with the shop's repository, the shop's platform, its customers. */
export interface World {
  readonly directory: string;
  /** Of the packaged action: holds `action.yml`. */
  readonly action: string;
  readonly github: SandboxGithub;
  readonly shop: Shop;
  readonly customers: Customers;
  /** May be called twice. */
  stop(): Promise<void>;
}

export const TOKEN = 'ghs_demoDemoDemoDemoDemoDemo0123456789';

/** The token has what the workflow asks for, and no more. */
const PERMISSIONS = { contents: 'write', checks: 'write', deployments: 'write', actions: 'read' } as const;

/** The shop 1.0 is live and its source is on main; no release was ever made by the action. */
export async function openWorld(directory: string): Promise<World> {
  const started: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (let last = started.pop(); last !== undefined; last = started.pop()) await last();
  };
  try {
    const github = await openGithub(directory);
    started.push(github.stop);
    const shop = await startShop({ directory: join(directory, 'platform') });
    started.push(shop.stop);
    await shop.publish('1.0');
    await shop.setLive('1.0');
    const customers = sendCustomers(`${shop.publicUrl}/orders`);
    started.push(customers.stop);
    return { directory, action: checkoutDirectory(), github, shop, customers, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openGithub(directory: string): Promise<SandboxGithub> {
  const github = await startGithub({
    directory,
    owner: 'acme',
    repo: 'shop',
    tokens: { job: { token: TOKEN, kind: 'installation', permissions: PERMISSIONS } },
  });
  await commit(github, { files: await exportRepository(), message: 'The shop 1.0' });
  return github;
}

/** As a push to main by a person; gives the id of the commit. */
export function commit(
  github: SandboxGithub,
  { files, message }: Pick<Parameters<typeof commitFiles>[1], 'files' | 'message'>,
): Promise<string> {
  const author = { name: 'Alice', email: 'alice@example.com' };
  return commitFiles(github, { branch: 'main', files, message, author });
}

/** The root of this checkout, which is also the packaged action. */
export function checkoutDirectory(): string {
  return join(repositoryDirectory(), '..', '..', '..');
}
