import { valueAt } from '../plan/json-path.js';
import type { VersionSource } from '../plan/plan.js';
import { VERSION, VERSION_FORM } from '../release/version.js';
import type { Ports, ReleaseContext } from './context.js';
import { expanded } from './ready.js';

const ANSWER_WITHIN_MS = 10_000;

/** The version that serves now, or why it could not be read. */
export type InService = { readonly version: string } | { readonly problem: string };

export interface InServiceOptions {
  readonly source: VersionSource;
  readonly ports: Pick<Ports, 'scripts' | 'http' | 'redactor'>;
  readonly env: ReleaseContext['env'];
  readonly scriptEnv: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Reads once. Never throws: an answer that cannot be read is a fact about the service, too. */
export async function readInService(options: InServiceOptions): Promise<InService> {
  try {
    const { source } = options;
    const answer = source.kind === 'run' ? await fromScript(options, source) : await fromUrl(options, source);
    return 'version' in answer ? withoutSecret(answer, options.ports.redactor) : answer;
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

async function fromScript(
  options: InServiceOptions,
  source: Extract<VersionSource, { kind: 'run' }>,
): Promise<InService> {
  const result = await options.ports.scripts.run({
    name: 'in-service',
    script: source.run,
    timeoutMs: source.timeoutMs,
    env: options.scriptEnv,
    signal: options.signal,
    quiet: true,
  });
  if (result.outcome !== 'ok') {
    return { problem: `\`in-service\` ${result.outcome} (${result.tail.at(-1) ?? 'it printed nothing'})` };
  }
  return named(result.lastLine, '`in-service` printed');
}

async function fromUrl(
  options: InServiceOptions,
  source: Extract<VersionSource, { kind: 'url' }>,
): Promise<InService> {
  const url = expanded(source.url, options.env);
  const answer = await options.ports.http.request({
    url,
    timeoutMs: ANSWER_WITHIN_MS,
    signal: options.signal,
  });
  if (answer.status < 200 || answer.status > 299)
    return { problem: `${source.url} answered ${answer.status}` };
  if (source.path === null) return named(answer.body.trim(), `${source.url} answered`);
  return named(valueAt(JSON.parse(answer.body), source.path), `${source.url} at ${source.path} has`);
}

/** A version is recorded and shown as it is, so it must hold nothing that may not be. */
function withoutSecret(answer: { readonly version: string }, redactor: Ports['redactor']): InService {
  if (redactor.redact(answer.version) === answer.version) return answer;
  return { problem: '`in-service` answered with the value of a secret, which is not a version' };
}

function named(value: unknown, what: string): InService {
  if (typeof value === 'string' && VERSION.test(value)) return { version: value };
  if (typeof value === 'number') return { version: String(value) };
  const found = value === undefined || value === '' ? 'nothing' : JSON.stringify(value).slice(0, 80);
  return { problem: `${what} ${found}, which is not a version (${VERSION_FORM})` };
}
