export type Slot = 'stable' | 'canary';

/** Path in the repository → text. */
export type SourceFiles = Readonly<Record<string, string>>;

export interface Counter {
  readonly total: number;
  /** Answers of 500 and above. */
  readonly failed: number;
}

/** What the control API answers to `GET /state`. */
export interface ShopState {
  /** The canary's share of the public traffic in percent. */
  readonly weight: number;
  readonly maintenance: boolean;
  readonly slots: Readonly<Record<Slot, { readonly version: string; readonly pid: number } | null>>;
  readonly versions: readonly string[];
  readonly requests: Requests;
}

/** Customers' requests by the arm that was chosen for them; probes of the direct URLs are counted apart. */
export interface Requests {
  readonly public: Readonly<Record<Slot, Counter>>;
  readonly direct: Readonly<Record<Slot, Counter>>;
}

/** The platform of a small company: a registry of versions, two slots, and a weighted router in front of them. */
export interface Shop {
  readonly controlUrl: string;
  /** What customers use. The header `x-shop-arm: stable` or `canary` chooses the arm; the answer names it. */
  readonly publicUrl: string;
  readonly canaryUrl: string;
  readonly baselineUrl: string;
  weight(): number;
  version(slot: Slot): string | null;
  maintenance(): boolean;
  requests(): Requests;
  state(): ShopState;
  /**
   * Without `files` the template's `shop/` is published, its `release.json` naming the version. The same version
   * with the same content may be published again; with other content it is refused.
   */
  publish(version: string, files?: SourceFiles): Promise<void>;
  /** Deploys a published version to stable: "the shop that is live". */
  setLive(version: string): Promise<void>;
  /** The variables that the scripts and the plan of the repository read. */
  environment(): Record<string, string>;
  /** Ends the servers and every process of the shop. May be called twice. */
  stop(): Promise<void>;
}
