/** How a version behaves: `silent` gives no samples. */
export type Health = 'good' | 'bad' | 'silent';

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
  readonly health = new Map<string, Health>();
  /** Refuses what comes with a lower `RELEASE_FENCE` than it has seen. */
  readonly isFenced: boolean;
  #fence = 0;

  constructor(options: { readonly stable: string; readonly isFenced: boolean }) {
    this.stable = options.stable;
    this.isFenced = options.isFenced;
  }

  healthOf(version: string): Health {
    return this.health.get(version) ?? 'good';
  }

  /** What the script prints as its last line, or null when it fails. */
  apply({ script, env }: Effect): string | null {
    if (MOVES.has(script) && !this.#admits(Number(env.RELEASE_FENCE))) return null;
    switch (script) {
      case 'promote':
      case 'rollback':
        this.stable = env.RELEASE_TARGET_VERSION ?? '';
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
]);

export function isScript(text: string): text is ScriptName {
  return (SCRIPTS as readonly string[]).includes(text);
}
