import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { sourceFiles } from './checkout.js';
import type { Shop, ShopState, Slot } from './contract.js';
import { type Controls, createControl } from './control.js';
import { type Instance, startInstance } from './instance.js';
import { Refusal } from './refusal.js';
import { openRegistry, type Registry } from './registry.js';
import { createRouter } from './router.js';

export type { Shop } from './contract.js';

/** Starts the platform with nothing deployed and all traffic on stable. `directory` holds its registry. */
export async function startShop(options: {
  readonly directory: string;
  readonly log?: (line: string) => void;
}): Promise<Shop> {
  const log = options.log ?? (() => {});
  const database = join(options.directory, 'data', 'shop.db');
  await mkdir(dirname(database), { recursive: true });
  const registry = await openRegistry(join(options.directory, 'registry'));
  const platform = new Platform({ registry, database, log });
  const { servers, requests } = createRouter({
    instance: (slot) => platform.slots[slot],
    weight: () => platform.weight,
    maintenance: () => platform.maintenance,
  });
  const state = (): ShopState => ({ ...platform.describe(), requests: requests() });
  const control = createControl(platform.controls(state), log);
  const all = [control, servers.public, servers.canary, servers.stable];
  const [controlUrl, publicUrl, canaryUrl, baselineUrl] = await Promise.all([
    listen(control),
    listen(servers.public),
    listen(servers.canary),
    listen(servers.stable),
  ]);
  return {
    controlUrl,
    publicUrl,
    canaryUrl,
    baselineUrl,
    weight: () => platform.weight,
    version: (slot) => platform.slots[slot]?.version ?? null,
    maintenance: () => platform.maintenance,
    requests,
    state,
    publish: async (version, files) =>
      platform.registry.publish(version, files ?? (await sourceFiles(version))),
    setLive: (version) => platform.deploy('stable', version),
    environment: () => ({
      SHOP_CONTROL_URL: controlUrl,
      SHOP_PUBLIC_URL: publicUrl,
      SHOP_CANARY_URL: canaryUrl,
      SHOP_BASELINE_URL: baselineUrl,
      SHOP_DATABASE: database,
      SHOP_BACKUP_DIRECTORY: join(options.directory, 'backup'),
    }),
    stop: async () => {
      await Promise.all(all.map(close));
      await platform.stop();
    },
  };
}

class Platform {
  readonly slots: Record<Slot, Instance | null> = { stable: null, canary: null };
  readonly registry: Registry;
  weight = 0;
  maintenance = false;
  readonly #database: string;
  readonly #log: (line: string) => void;
  /** Deployments go one after the other, as two at once to one slot would leave a process behind. */
  #queue: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor({
    registry,
    database,
    log,
  }: { registry: Registry; database: string; log: (line: string) => void }) {
    this.registry = registry;
    this.#database = database;
    this.#log = log;
  }

  /** The new process serves before the old one is asked to go, so that no request is lost. */
  deploy(slot: Slot, version: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#stopped) throw new Refusal(503, 'The platform has stopped.');
      const directory = await this.registry.directoryOf(version);
      const next = await startInstance({
        version,
        slot,
        directory,
        database: this.#database,
        log: this.#log,
      });
      const before = this.slots[slot];
      this.slots[slot] = next;
      await before?.retire();
    });
  }

  remove(slot: Slot): Promise<void> {
    return this.#inTurn(async () => {
      if (slot === 'stable')
        throw new Refusal(409, 'The slot stable cannot be emptied: the shop would be gone.');
      const before = this.slots[slot];
      this.slots[slot] = null;
      await before?.retire();
    });
  }

  describe(): Omit<ShopState, 'requests'> {
    const shown = (instance: Instance | null) =>
      instance === null ? null : { version: instance.version, pid: instance.pid };
    return {
      weight: this.weight,
      maintenance: this.maintenance,
      slots: { stable: shown(this.slots.stable), canary: shown(this.slots.canary) },
      versions: this.registry.versions(),
    };
  }

  controls(state: () => ShopState): Controls {
    return {
      state,
      publish: (version, files) => this.registry.publish(version, files),
      deploy: (slot, version) => this.deploy(slot, version),
      remove: (slot) => this.remove(slot),
      route: (weight) => {
        this.weight = weight;
      },
      maintain: (on) => {
        this.maintenance = on;
      },
    };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#inTurn(async () => {
      const running = [this.slots.stable, this.slots.canary];
      this.slots.stable = null;
      this.slots.canary = null;
      await Promise.all(running.map((instance) => instance?.retire()));
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    // The next in the queue goes on whatever became of this one; who asked for it learns it.
    this.#queue = turn.catch(() => {});
    return turn;
  }
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // Already closed: the second call of stop.
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
