import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A clock that is set forward by hand, for the sandbox's GitHub and for the processes of its runner alike. */
export interface MovedClock {
  now(): number;
  pass(ms: number): void;
  /** For the environment of a job. */
  readonly env: Readonly<Record<string, string>>;
}

/** Node reads this before anything else: its clock is ahead by what the file says. */
const PRELOAD = `
const { readFileSync } = require('node:fs');
const Real = Date;
const ahead = () => Number(readFileSync(process.env.CLOCK_AHEAD, 'utf8'));
globalThis.Date = class Date extends Real {
  constructor(...given) { if (given.length === 0) super(Real.now() + ahead()); else super(...given); }
  static now() { return Real.now() + ahead(); }
};
`;

export function moveClock(directory: string): MovedClock {
  const file = join(directory, 'clock-ahead');
  const preload = join(directory, 'clock.cjs');
  writeFileSync(preload, PRELOAD);
  let ahead = 0;
  const write = (): void => writeFileSync(file, String(ahead));
  write();
  return {
    now: () => Date.now() + ahead,
    pass(ms) {
      ahead += ms;
      write();
    },
    env: { NODE_OPTIONS: `--require=${preload}`, CLOCK_AHEAD: file },
  };
}
