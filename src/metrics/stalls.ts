/** A gap this long between two looks is a stall of this process, not of the service. */
export const STALL_MS = 100;

const LOOK_EVERY_MS = 20;

/** Knows when this process was held up and could neither send nor see an answer. */
export interface StallWatch {
  /** To be called first in whatever runs, since after a stall timers run before the answers that wait. */
  look(): void;
  /** Whether there was a stall after that moment (of `performance.now()`). */
  stalledSince(moment: number): boolean;
  stop(): void;
}

export function watchForStalls(): StallWatch {
  let lastLook = performance.now();
  let lastStallEnd = Number.NEGATIVE_INFINITY;
  const look = () => {
    const now = performance.now();
    if (now - lastLook > STALL_MS) lastStallEnd = now;
    lastLook = now;
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    look,
    stalledSince: (moment) => moment < lastStallEnd,
    stop: () => clearInterval(timer),
  };
}
