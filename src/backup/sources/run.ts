import { createHash } from 'node:crypto';
import { Readable, type Writable } from 'node:stream';
import type { ScriptRequest, ScriptResult, Scripts } from '../../host/contract.js';
import type { RunBackupSource } from '../../plan/plan.js';
import type { Content } from '../content.js';
import type { SourcePorts } from '../ports.js';
import { BackupProblem } from '../problem.js';
import type { SourceContext, StoredSnapshot, StreamedSource } from '../provider.js';
import { saidAtTheEnd } from '../said.js';
import { withScratch } from '../scratch.js';
import { handName, piped, quoted } from '../shell.js';

type Part = 'produce' | 'consume' | 'fingerprint';

interface Call {
  readonly source: RunBackupSource;
  readonly part: Part;
  readonly context: SourceContext;
  /** Absent for live data: then `RELEASE_SCRATCH` is unset, whatever the environment says. */
  readonly scratch?: string;
}

/** Data that only its owner's scripts can read, write back and compare. */
export function createRunDriver(
  source: RunBackupSource,
  { scripts }: Pick<SourcePorts, 'scripts'>,
): StreamedSource {
  return {
    kind: 'run',
    form: 'streamed',

    async take(writer, context) {
      const fingerprint: Call = { source, part: 'fingerprint', context };
      const before = await fingerprintOf(scripts, fingerprint);
      const stored = await writer.stream((sink) =>
        produce(scripts, { source, part: 'produce', context }, sink),
      );
      if (stored.size === 0) throw nothingProduced();
      // It proves only that the data was the same before and after; that is why a difference is fatal.
      if (before !== (await fingerprintOf(scripts, fingerprint))) throw changedMeanwhile();
      const entries = [{ type: 'stream', ...stored }] as const;
      return { content: contentOf(before), bytes: stored.size, items: null, entries };
    },

    async restore(stored, { context, content }, use) {
      const call = (part: Part): Call => ({ source, part, context, scratch: context.scratch });
      if (content === null) throw nothingToCompareWith();
      await refuseBlindFingerprint(content.digest, call('fingerprint'), scripts);
      await consume(scripts, call('consume'), stored);
      return use({
        original: async () => content,
        content: async () => contentOf(await fingerprintOf(scripts, call('fingerprint'))),
        env: { RELEASE_SCRATCH: context.scratch },
      });
    },

    restoreCommand: (byHand) =>
      `mkdir ${handName(source.name)} && ${piped(byHand.stream, `RELEASE_SCRATCH="$PWD/${handName(source.name)}" bash --noprofile --norc -e -o pipefail -c ${quoted(source.consume)}`)}`,

    replacement: null,
  };
}

function contentOf(fingerprint: string): Content {
  return { digest: shown(fingerprint), parts: [] };
}

function nothingToCompareWith(): BackupProblem {
  return new BackupProblem('failed', 'the fingerprint of the data that was stored is not known');
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
  const damaged = new AbortController();
  const failures: unknown[] = [];
  const checked = async function* () {
    try {
      yield* stored.stream();
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
  throw new BackupProblem(
    'failed',
    `\`${call.part}\` ${howItEnded(call, result)} for ${subject(call)}; ${saidAtTheEnd(result.tail)}`,
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
