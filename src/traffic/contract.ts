/** Moves traffic between baseline and canary. Weight is the canary's share in percent, 0-100. */
export interface TrafficDriver {
  /** Repeatable. Rejects with a `TrafficError` that says what failed. */
  set(weight: number, signal?: AbortSignal): Promise<void>;
  /** The weight now, or null when the driver cannot read it. Rejects when reading failed. */
  read(signal?: AbortSignal): Promise<number | null>;
}
