import type { CheckRunRecord } from '../github/rest/checks.js';
import type { Counter, ShopState } from '../shop/contract.js';
import type { Release } from './releases.js';
import type { Colour, Screen } from './screen.js';
import { bar, factOf, failedOf, hang, seconds, stageOf } from './text.js';
import type { World } from './world.js';

const LOOK_EVERY_MS = 100;

const VERDICTS: Readonly<Record<string, { readonly word: string; readonly colour: Colour }>> = {
  success: { word: 'passed', colour: 'green' },
  skipped: { word: 'skipped', colour: 'dim' },
  failure: { word: 'FAILED', colour: 'red' },
  cancelled: { word: 'cancelled', colour: 'yellow' },
};
const UNKNOWN = { word: 'unclear', colour: 'yellow' } as const;

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
    const { word, colour } = VERDICTS[check.conclusion ?? ''] ?? UNKNOWN;
    this.#say({ what: stage, mark: word.padEnd(9), colour, text: factOf(check.title) });
  }

  #moved(share: number, state: ShopState): void {
    this.#closeMeasurement();
    this.#share = share;
    if (share > 0 && share < 100) this.#measured = state.requests.direct;
    const { version } = this.#release;
    const others = state.slots.stable?.version ?? 'nothing';
    const [colour, text]: [Colour, string] =
      share === 100
        ? ['green', `everyone is on ${version}`]
        : share === 0
          ? ['yellow', `everyone is back on ${others}`]
          : ['cyan', `${share} % of the users on ${version}, the others on ${others}`];
    this.#say({ what: 'traffic', mark: bar(share), colour, text });
  }

  /** What the action's probe met at this share, as the router has counted it. */
  #closeMeasurement(): void {
    if (this.#measured === null) return;
    const canary = difference(this.#measured.canary, this.#world.shop.requests().direct.canary);
    const colour = canary.failed > 0 ? 'red' : 'green';
    this.#say({ what: '', mark: 'measured ', colour, text: this.#sinceRaise(this.#measured) });
    this.#measured = null;
  }

  /** `1.2: 3 of 41 failed (7.3 %); 1.1 beside it: 0 of 41 failed` */
  #sinceRaise(from: Probed): string {
    const { direct } = this.#world.shop.requests();
    const others = this.#world.shop.version('stable') ?? 'nothing';
    const [canary, stable] = [difference(from.canary, direct.canary), difference(from.stable, direct.stable)];
    return `${this.#release.version}: ${failedOf(canary)}; ${others} beside it: ${failedOf(stable)}`;
  }

  #say(said: {
    readonly what: string;
    readonly mark: string;
    readonly colour: Colour;
    readonly text: string;
  }): void {
    const head = `${this.#time()}${said.what.padEnd(8)}  `;
    const lines = hang(`${head}${said.mark} `, said.text, this.#screen.width);
    const [first = '', ...others] = lines;
    const painted = `${head}${this.#screen.paint(said.colour, said.mark)}${first.slice(head.length + said.mark.length)}`;
    for (const line of [painted, ...others]) this.#screen.line(line);
  }

  #live(running: CheckRunRecord | undefined): void {
    const doing =
      running !== undefined ? stageOf(running.name) : this.#shown.size === 0 ? 'checkout' : 'record';
    const measuring = this.#measured === null ? '' : this.#sinceRaise(this.#measured);
    this.#screen.live(`${this.#time()}${`${doing} ...`.padEnd(20)}${measuring}`);
  }

  #time(): string {
    return `   ${seconds(Date.now() - this.#startedAt).padStart(6)}  `;
  }
}

type Probed = ShopState['requests']['direct'];

function difference(from: Counter, to: Counter): Counter {
  return { total: to.total - from.total, failed: to.failed - from.failed };
}

/** How much of the traffic goes to a version, in percent, in whatever slot it runs. */
export function shareOf(version: string, { slots, weight }: Pick<ShopState, 'slots' | 'weight'>): number {
  const onCanary = slots.canary?.version === version ? weight : 0;
  const onStable = slots.stable?.version === version ? 100 - weight : 0;
  return onCanary + onStable;
}
