import type { CheckRunRecord } from '../github/rest/checks.js';
import type { Counter, ShopState } from '../shop/contract.js';
import { type Release } from './releases.js';
import type { Colour, Screen } from './screen.js';
import { bar, cut, factOf, failedOf, seconds, stageOf } from './text.js';
import type { World } from './world.js';

const LOOK_EVERY_MS = 100;

const VERDICTS: Readonly<Record<string, { readonly word: string; readonly colour: Colour }>> = {
  success: { word: 'passed', colour: 'green' },
  skipped: { word: 'skipped', colour: 'dim' },
  failure: { word: 'FAILED', colour: 'red' },
  cancelled: { word: 'cancelled', colour: 'yellow' },
};

/** Shows a release while it goes on, from outside: by its checks on GitHub, and by the shop's own router. */
export function follow(options: {
  readonly world: World;
  readonly release: Release;
  readonly sha: string;
  readonly screen: Screen;
}): { stop(): void } {
  const follower = new Follower(options);
  const timer = setInterval(() => follower.look(), LOOK_EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      follower.look();
    },
  };
}

class Follower {
  readonly #world: World;
  readonly #release: Release;
  readonly #sha: string;
  readonly #screen: Screen;
  readonly #startedAt = Date.now();
  readonly #shown = new Set<number>();
  #share: number;
  /** The router's counts of the probe when the canary got its present share; null while it has none. */
  #measured: Probed | null = null;

  constructor({ world, release, sha, screen }: Parameters<typeof follow>[0]) {
    this.#world = world;
    this.#release = release;
    this.#sha = sha;
    this.#screen = screen;
    this.#share = shareOf(release.version, world.shop.state());
  }

  look(): void {
    const state = this.#world.shop.state();
    const checks = this.#world.github.checkRuns(this.#sha).filter(({ ofJob }) => !ofJob);
    for (const check of checks) {
      if (check.status === 'completed' && !this.#shown.has(check.id)) this.#ended(check);
    }
    const share = shareOf(this.#release.version, state);
    if (share !== this.#share) this.#moved(share, state);
    this.#live(checks.find(({ status }) => status === 'in_progress'));
  }

  #ended(check: CheckRunRecord): void {
    this.#shown.add(check.id);
    const stage = stageOf(check.name);
    if (stage === 'canary') this.#closeMeasurement();
    const { word, colour } = VERDICTS[check.conclusion ?? ''] ?? { word: check.conclusion ?? '', colour: 'yellow' };
    this.#say(stage, `${this.#screen.paint(colour, word.padEnd(8))}  `, factOf(check.title));
  }

  #moved(share: number, state: ShopState): void {
    this.#closeMeasurement();
    this.#share = share;
    if (share > 0 && share < 100) this.#measured = probed(state);
    const { version } = this.#release;
    const others = state.slots.stable?.version ?? 'nothing';
    const text =
      share === 100
        ? `everyone is on ${version}`
        : share === 0
          ? `everyone is back on ${others}`
          : `${share} % of the users on ${version}, the others on ${others}`;
    const colour = share === 100 ? 'green' : share === 0 ? 'yellow' : 'cyan';
    this.#say('traffic', `${this.#screen.paint(colour, bar(share))}  `, text);
  }

  /** What the probe of the action met at this share: told by the router, which counts for itself. */
  #closeMeasurement(): void {
    if (this.#measured === null) return;
    this.#say('', '', `probed at ${this.#share} %: ${this.#sinceRaise(this.#measured)}`);
    this.#measured = null;
  }

  #sinceRaise(from: Probed): string {
    const now = probed(this.#world.shop.state());
    const { stable } = this.#world.shop.state().slots;
    const canary = failedOf(difference(from.canary, now.canary));
    return `canary ${canary}, ${stable?.version ?? 'stable'} ${failedOf(difference(from.stable, now.stable))}`;
  }

  #say(what: string, mark: string, text: string): void {
    const head = `   ${seconds(Date.now() - this.#startedAt).padStart(6)}  ${what.padEnd(8)}  `;
    const markWidth = mark === '' ? 0 : what === 'traffic' ? 24 : 10;
    this.#screen.line(`${head}${mark}${cut(text, this.#screen.width - head.length - markWidth)}`);
  }

  #live(running: CheckRunRecord | undefined): void {
    const doing = running === undefined ? '' : `${stageOf(running.name)} ... `;
    const measuring = this.#measured === null ? '' : `at ${this.#share} %: ${this.#sinceRaise(this.#measured)}`;
    this.#screen.live(`   ${seconds(Date.now() - this.#startedAt).padStart(6)}  ${doing}${measuring}`);
  }
}

interface Probed {
  readonly canary: Counter;
  readonly stable: Counter;
}

function probed({ requests }: ShopState): Probed {
  return requests.direct;
}

function difference(from: Counter, to: Counter): Counter {
  return { total: to.total - from.total, failed: to.failed - from.failed };
}

/** How much of the traffic goes to a version, in percent, in whatever slot it runs. */
export function shareOf(version: string, { slots, weight }: Pick<ShopState, 'slots' | 'weight'>): number {
  const onCanary = slots.canary?.version === version ? weight : 0;
  const onStable = slots.stable?.version === version ? 100 - weight : 0;
  return onCanary + onStable;
}
