import { Data } from './data.js';

/** How a version behaves: `silent` gives no samples, and `rare` hardly any. */
export type Health = 'good' | 'bad' | 'rare' | 'silent';

/** The scripts of the simulated plans, by their whole text. */
export const SCRIPTS = [
  'verify',
  'backup',
  'canary',
  'remove',
  'route',
  'weight',
  'promote',
  'rollback',
  'version',
  'maintenance',
  'before',
  'quiesce-on',
  'quiesce-off',
] as const;
export type ScriptName = (typeof SCRIPTS)[number];

/** What a script does to the service, at the moment when it does it. */
export interface Effect {
  readonly script: ScriptName;
  readonly env: Readonly<Record<string, string>>;
  /** `A/main` */
  readonly by: string;
}

/** The service that is released: what serves, what the canary is, and the weight between them. */
export class Platform {
  stable: string;
  canary: string | null = null;
  weight = 0;
  maintenance = false;
  readonly data = new Data();
  readonly health = new Map<string, Health>();
  /** Refuses what comes with a lower `RELEASE_FENCE` than it has seen. */
  readonly isFenced: boolean;
  /** What was where, from each moment on. */
  readonly #past: { readonly at: number; readonly stable: string; readonly canary: string | null }[] = [];
  readonly #turns: { readonly at: number; readonly version: string; readonly health: Health }[] = [];
  readonly #now: () => number;
  #fence = 0;

  constructor(options: {
    readonly stable: string;
    readonly isFenced: boolean;
    readonly now: () => number;
  }) {
    this.#now = options.now;
    this.stable = options.stable;
    this.isFenced = options.isFenced;
    this.#note();
  }

  /** The versions that were there at a moment. */
  at(moment: number): { readonly stable: string; readonly canary: string | null } {
    return this.#past.findLast(({ at }) => at <= moment) ?? this;
  }

  /** From now on this version behaves otherwise. */
  becomes(version: string, health: Health): void {
    this.#turns.push({ at: this.#now(), version, health });
  }

  healthOf(version: string, at = this.#now()): Health {
    const turned = this.#turns.findLast((turn) => turn.version === version && turn.at <= at);
    return turned?.health ?? this.health.get(version) ?? 'good';
  }

  /** What the script prints as its last line, or null when it fails. */
  apply(effect: Effect): string | null {
    const printed = this.#carryOut(effect);
    if (MOVES.has(effect.script)) this.#note();
    return printed;
  }

  #note(): void {
    this.#past.push({ at: this.#now(), stable: this.stable, canary: this.canary });
  }

  #carryOut({ script, env }: Effect): string | null {
    if (MOVES.has(script) && !this.#admits(Number(env.RELEASE_FENCE))) return null;
    switch (script) {
      case 'promote':
        this.data.writtenBy(env.RELEASE_TARGET_VERSION ?? '');
        this.stable = env.RELEASE_TARGET_VERSION ?? '';
        return '';
      case 'rollback':
        this.stable = env.RELEASE_TARGET_VERSION ?? '';
        return '';
      case 'quiesce-on':
      case 'quiesce-off':
        this.data.isQuiesced = script === 'quiesce-on';
        return '';
      case 'canary':
        this.canary = env.RELEASE_VERSION ?? null;
        return '';
      case 'remove':
        this.canary = null;
        return '';
      case 'route':
        this.weight = Number(env.RELEASE_WEIGHT);
        return '';
      case 'maintenance':
        this.maintenance = true;
        return '';
      case 'weight':
        return String(this.weight);
      case 'version':
        return this.stable;
      default:
        return '';
    }
  }

  #admits(fence: number): boolean {
    if (!this.isFenced) return true;
    if (!(fence >= this.#fence)) return false;
    this.#fence = fence;
    return true;
  }
}

/** Scripts that change the service. */
export const MOVES: ReadonlySet<ScriptName> = new Set([
  'canary',
  'remove',
  'route',
  'promote',
  'rollback',
  'maintenance',
  'quiesce-on',
  'quiesce-off',
]);

export function isScript(text: string): text is ScriptName {
  return (SCRIPTS as readonly string[]).includes(text);
}
