import { createHash } from 'node:crypto';
import { Readable, type Writable } from 'node:stream';
import type { ScriptRequest, ScriptResult, Scripts } from '../../host/contract.js';
import type { BackupSource } from '../../plan/plan.js';
import { BackupProblem } from '../problem.js';
import type { BackupSourceDriver, SourceContext, StoredSnapshot } from '../provider.js';
import { withScratch } from '../scratch.js';

type RunSource = Extract<BackupSource, { kind: 'run' }>;
type Part = 'produce' | 'consume' | 'fingerprint';

interface Call {
  readonly source: RunSource;
  readonly part: Part;
  readonly context: SourceContext;
  /** Absent for live data: then `RELEASE_SCRATCH` is unset, whatever the environment says. */
  readonly scratch?: string;
}

/** Lines of a failed script that its problem quotes. */
const TAIL_LINES = 5;

/** Data that only its owner's scripts can read, write back and compare. */
export function createRunDriver(source: RunSource, scripts: Scripts): BackupSourceDriver {
  return {
    kind: 'run',

    async take(writer, context) {
      const fingerprint: Call = { source, part: 'fingerprint', context };
      const before = await fingerprintOf(scripts, fingerprint);
      const stored = await writer.add((sink) => produce(scripts, { source, part: 'produce', context }, sink));
      if (stored.size === 0) throw nothingProduced();
      // It proves only that the data was the same before and after; that is why a difference is fatal.
      if (before !== (await fingerprintOf(scripts, fingerprint))) throw changedMeanwhile();
      return {
        digest: shown(before),
        bytes: stored.size,
        items: null,
        entries: [{ type: 'stream', ...stored }],
      };
    },

    async restore(stored, context) {
      await refuseBlindFingerprint(stored.snapshot.digest, { source, part: 'fingerprint', context }, scripts);
      await consume(scripts, { source, part: 'consume', context, scratch: context.scratch }, stored);
    },

    async digestOf(context) {
      return shown(
        await fingerprintOf(scripts, { source, part: 'fingerprint', context, scratch: context.scratch }),
      );
    },

    async explain() {
      return '`fingerprint` printed something else for the restored copy than for the live data';
    },

    restoreCommand: (byHand) =>
      `mkdir restored && ${byHand.stream} | RELEASE_SCRATCH="$PWD/restored" bash --noprofile --norc -e -o pipefail -c ${quoted(source.consume)}`,
  };
}

function nothingProduced(): BackupProblem {
  return new BackupProblem(
    'failed',
    '`produce` succeeded but printed nothing on stdout, so there is nothing to store; mend the script',
  );
}

function changedMeanwhile(): BackupProblem {
  return new BackupProblem(
    'failed',
    'the data changed while it was being taken: `fingerprint` printed one thing before `produce` and another after it; take it from a snapshot, or stop what writes it meanwhile',
  );
}

async function produce(scripts: Scripts, call: Call, sink: Writable): Promise<void> {
  const result = await run(scripts, call, { stdout: sink });
  refuseFailure(call, result);
  if (result.leftBehind > 0) {
    throw new BackupProblem(
      'failed',
      `\`produce\` ended with success but left ${result.leftBehind} process(es) running, which may not have printed all; let the script wait for them`,
    );
  }
}

/** The data may turn out to be damaged only at its end, so a consumer's success counts only with a clean end. */
async function consume(scripts: Scripts, call: Call, stored: StoredSnapshot): Promise<void> {
  const [object] = stored.snapshot.entries;
  if (object?.type !== 'stream')
    throw new BackupProblem('failed', 'the snapshot holds no stream that `consume` could read');
  const damaged = new AbortController();
  const failures: unknown[] = [];
  const checked = async function* () {
    try {
      yield* stored.read(object);
    } catch (error) {
      failures.push(error);
      damaged.abort();
    }
  };
  const result = await run(scripts, call, { stdin: Readable.from(checked()), signal: damaged.signal });
  if (failures.length > 0) throw failures[0];
  refuseFailure(call, result);
}

async function fingerprintOf(scripts: Scripts, call: Call): Promise<string> {
  const result = await run(scripts, call, { quiet: true });
  refuseFailure(call, result);
  if (result.lastLine !== '') return result.lastLine;
  throw new BackupProblem(
    'failed',
    `\`fingerprint\` succeeded for ${subject(call)} but printed nothing; its last line must be a digest of the data`,
  );
}

/** A fingerprint that does not look at `$RELEASE_SCRATCH` would call any restored copy identical. */
async function refuseBlindFingerprint(live: string, call: Call, scripts: Scripts): Promise<void> {
  const ofNothing = await withScratch(call.context.temporary, async (scratch) => {
    const result = await run(scripts, { ...call, scratch }, { quiet: true });
    return result.outcome === 'ok' && result.lastLine !== '' ? shown(result.lastLine) : null;
  });
  if (ofNothing !== live) return;
  throw new BackupProblem(
    'failed',
    '`fingerprint` prints the same for an empty directory as for the live data, so it cannot prove a restored copy; make it read `$RELEASE_SCRATCH` when that is set, and check that the live data is not empty',
  );
}

/** A fingerprint may be anything, even a piece of the data: only a digest of it is shown. */
function shown(fingerprint: string): string {
  return /^[0-9a-f]{64}$/.test(fingerprint)
    ? fingerprint
    : createHash('sha256').update(fingerprint).digest('hex');
}

type Streams = Pick<ScriptRequest, 'stdin' | 'stdout' | 'quiet' | 'signal'>;

async function run(scripts: Scripts, call: Call, { signal, ...streams }: Streams): Promise<ScriptResult> {
  const { source, part, context, scratch } = call;
  context.signal?.throwIfAborted();
  const signals = [context.signal, signal].filter((one) => one !== undefined);
  const result = await scripts.run({
    name: `backup ${source.name}: ${part}`,
    script: scratch === undefined ? `unset RELEASE_SCRATCH; ${source[part]}` : source[part],
    env: scratch === undefined ? context.env : { ...context.env, RELEASE_SCRATCH: scratch },
    timeoutMs: source.timeoutMs,
    ...streams,
    ...(signals.length === 0 ? {} : { signal: AbortSignal.any(signals) }),
  });
  context.signal?.throwIfAborted();
  return result;
}

function refuseFailure(call: Call, result: ScriptResult): void {
  if (result.outcome === 'ok') return;
  const lines = result.tail.slice(-TAIL_LINES);
  const said =
    lines.length === 0 ? 'it printed nothing that says why' : `its last lines: ${lines.join(' | ')}`;
  throw new BackupProblem(
    'failed',
    `\`${call.part}\` ${howItEnded(call, result)} for ${subject(call)}; ${said}`,
  );
}

function howItEnded({ source }: Call, result: ScriptResult): string {
  switch (result.outcome) {
    case 'timed-out':
      return `did not end within its timeout of ${source.timeoutMs / 1000} s and was stopped`;
    case 'errored':
      return 'could not be started';
    case 'aborted':
      return 'was stopped';
    default:
      return result.signal === null
        ? `failed with exit code ${result.exitCode}`
        : `was ended by ${result.signal}`;
  }
}

function subject({ scratch }: Call): string {
  return scratch === undefined ? 'the live data' : 'the restored copy';
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
