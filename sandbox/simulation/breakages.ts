/** One way to break the engine by one line, which the witness must notice. */
export interface Breakage {
  /** What the engine does not do any more. */
  readonly what: string;
  /** `src/stages/effect` */
  readonly module: string;
  /** Occurs once there, in TypeScript as in what is compiled of it. */
  readonly line: string;
  readonly broken: string;
}

/** Each takes one rule of DESIGN §4 out of the engine. */
export const BREAKAGES: readonly Breakage[] = [
  {
    what: 'writes no intent before an effect',
    module: 'src/stages/effect',
    line: 'await journal.commit(options.headline);',
    broken: '',
  },
  {
    what: 'does not lower traffic when it goes back',
    module: 'src/stages/rollback',
    line: 'const trafficBack = await attempt(() => lowerTraffic(back));',
    broken: 'const trafficBack = true;',
  },
  {
    what: 'does not run the rollback script',
    module: 'src/stages/rollback',
    line: 'const scriptDone = await attempt(() => whileHeld(back, runRollback));',
    broken: 'const scriptDone = true;',
  },
  {
    what: 'goes on when another run has taken the lease',
    module: 'src/release/session',
    line: 'if (this.#current.lease?.owner === this.owner) return;',
    broken: 'return;',
  },
  {
    what: 'takes the lease of a run that lives',
    module: 'src/stages/holder',
    line: 'if (!holder) return null;',
    broken: 'return null;',
  },
  {
    what: 'counts a fence that does not rise',
    module: 'src/release/journal',
    line: 'const fence = session.current.fence + 1;',
    broken: 'const fence = session.current.fence;',
  },
  {
    what: 'does not wait for what a lost run may still be doing',
    module: 'src/stages/rollback',
    line: 'const ms = until - session.now();',
    broken: 'const ms = 0;',
  },
  {
    what: 'takes back beyond its lease',
    module: 'src/stages/hold',
    line: 'void expiry(context, done.signal).then(() => ranOut.abort());',
    broken: '',
  },
  {
    what: 'promotes what is inconclusive',
    module: 'src/stages/observe',
    line: "if (observation.verdict === 'passed') return;",
    broken: "if (observation.verdict !== 'failed') return;",
  },
  {
    what: 'does not read the version back',
    module: 'src/stages/read-back',
    line: 'if (!inService) return false;',
    broken: 'return true;',
  },
  {
    what: 'makes the rollback commit without an intent',
    module: 'src/stages/rollback-commit',
    line: "await journal.commit('rollback commit');",
    broken: '',
  },
  {
    what: 'loses in a record what another process had written',
    module: 'src/release/journal',
    line: 'if (this.#text.startsWith(text)) return written;',
    broken: 'return written;',
  },
  {
    what: 'drops the unfinished release of a lost run',
    module: 'src/release-run',
    line: 'if (session.current.release === null) return;',
    broken: 'return;',
  },
  {
    // That post leaves alone what has ended is not here: three lines see to it, and any two of them are enough.
    what: 'calls blocked in post what has moved something',
    module: 'src/post',
    line: 'const conclusion = effectBegun(journal.state)\n? await back(context, cause, signal)\n: await block(context, cause);',
    broken: 'const conclusion = await block(context, cause);',
  },
  {
    what: 'leaves to nobody what a cancelled run began',
    module: 'src/post',
    line: 'return await takeBack(world, read.inputs, main);',
    broken: 'return 0;',
  },
  {
    what: 'swaps the data once more after a lost run',
    module: 'src/stages/restore-data',
    line: 'if (effects.restore.begun) return readPlace(context, wanted);',
    broken: 'mayBegin = true;',
  },
  {
    what: 'lets the service write while its data is replaced',
    module: 'src/stages/restore-data',
    line: "await quiesce(context, 'on');",
    broken: '',
  },
  {
    what: 'parks without giving the lease back',
    module: 'src/release/journal',
    line: 'change: (current) => ({ ...current, parked: { resume_at, until, weight } }),\n      release: true,',
    broken: 'change: (current) => ({ ...current, parked: { resume_at, until, weight } }),',
  },
];
