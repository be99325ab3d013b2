import { mkdir } from 'node:fs/promises';
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
  await mkdir(directory, { recursive: true });
  const github = await startGithub({
    directory,
    owner: 'acme',
    repo: 'shop',
    tokens: { job: { token: TOKEN, kind: 'installation', permissions: PERMISSIONS } },
  });
  const shop = await startShop({ directory: join(directory, 'platform') });
  await commit(github, { files: await exportRepository(), message: 'The shop 1.0' });
  await shop.publish('1.0');
  await shop.setLive('1.0');
  const customers = sendCustomers(`${shop.publicUrl}/orders`);
  let stopping: Promise<void> | null = null;
  const stop = async () => {
    await customers.stop();
    await shop.stop();
    await github.stop();
  };
  return {
    ...{ directory, action: checkoutDirectory(), github, shop, customers },
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
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
