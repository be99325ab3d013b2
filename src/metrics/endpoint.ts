import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { HttpAnswer } from '../host/contract.js';
import { formsOf } from '../host/forms.js';
import { namesIn, replaceVariables } from '../plan/variables.js';
import type { SourcePorts } from './driver.js';
import { reasonOf, Unmeasured } from './unmeasured.js';

/** Answers hold some numbers, a range of many series some more. */
const LONGEST_BODY = 16 * 1024 * 1024;

export interface EndpointOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly caFile: string | null;
  readonly timeoutMs: number;
  readonly everyMs: number;
}

/** A server to be asked, with all variables put in. */
export interface Endpoint {
  readonly url: string;
  readonly body: string | null;
  /** Throws `Unmeasured`, without what is secret in the request. */
  ask(
    request: {
      readonly url: string;
      readonly method: 'GET' | 'POST';
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string | null;
    },
    signal: AbortSignal,
  ): Promise<HttpAnswer>;
  /** Replaces what went into the request and may be secret: by the name of its variable, or by stars. */
  hide(text: string): string;
}

/**
 * What `parse` makes of an answer. Where it throws `Unmeasured`, the message was made of the answer without what is
 * secret in the request, before anything was cut: a secret cut in two is not known as one any more.
 */
export function parseHidden<Answer extends { readonly body: string }, Result>(
  endpoint: Pick<Endpoint, 'hide'>,
  answer: Answer,
  parse: (answer: Answer) => Result,
): Result {
  try {
    return parse(answer);
  } catch (error) {
    parse({ ...answer, body: endpoint.hide(answer.body) });
    throw new Unmeasured('its answer cannot be read', { cause: error });
  }
}

/** Throws `Unmeasured` when a variable is missing or the CA file cannot be used. */
export async function openEndpoint(ports: SourcePorts, options: EndpointOptions): Promise<Endpoint> {
  const { clock, http } = ports;
  const { headers, timeoutMs } = options;
  const expand = (text: string) => expanded(ports, text);
  const url = expand(options.url);
  const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, expand(value)]));
  const ca = options.caFile === null ? null : await readAuthorities(ports, options.caFile);
  const hide = hider(ports, options);

  return {
    url,
    hide,
    body: options.body === null ? null : expand(options.body),
    async ask({ body, ...request }, signal) {
      const sentAt = clock.now();
      const answer = await http
        .request({
          ...request,
          headers: { accept: 'application/json', ...request.headers, ...sent },
          ...(body === null ? {} : { body }),
          ...(ca === null ? {} : { ca }),
          timeoutMs,
          signal,
          longestBody: LONGEST_BODY,
        })
        .catch((error: unknown) => {
          const reason = signal.aborted ? 'no answer came until the measurement ended' : reasonOf(error);
          throw new Unmeasured(hide(reason), { cause: error });
        });
      checkClocks(answer, { sentAt, receivedAt: clock.now(), everyMs: options.everyMs });
      return answer;
    },
  };
}

/** One variable at a time: the text around it may be secret, too, and must be in no message. */
function expanded({ expand }: SourcePorts, text: string): string {
  try {
    return replaceVariables(text, (name) => expand(`\${${name}}`));
  } catch (error) {
    throw new Unmeasured(reasonOf(error), { cause: error });
  }
}

async function readAuthorities(ports: SourcePorts, caFile: string): Promise<string> {
  const path = resolve(ports.workspace, expanded(ports, caFile));
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const { code = 'unknown error' } = error as { code?: string };
    throw new Unmeasured(`\`ca-file\` ${caFile} cannot be read (${code}); it must be a PEM file`, {
      cause: error,
    });
  });
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length > 0 && certificates.every(isCertificate)) return text;
  throw new Unmeasured(
    `\`ca-file\` ${caFile} holds ${certificates.length === 0 ? 'no certificate' : 'a certificate that cannot be read'}; it must be a PEM file with the authorities to trust`,
  );
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

/** Clocks less apart than this change nothing that a reader would notice. */
const LEAST_APART_MS = 2000;
/** The `Date` header has no fraction. */
const DATE_GRAIN_MS = 999;

/**
 * The interval is told in this runner's time. A server whose clock is apart by half an interval answers about another
 * one, and so does a cache in between.
 */
function checkClocks(
  { date }: HttpAnswer,
  { sentAt, receivedAt, everyMs }: { sentAt: number; receivedAt: number; everyMs: number },
): void {
  if (date === null) return;
  const ahead = date - receivedAt;
  const behind = sentAt - (date + DATE_GRAIN_MS);
  const apart = Math.max(ahead, behind);
  if (apart <= Math.max(LEAST_APART_MS, everyMs / 2)) return;
  throw new Unmeasured(
    `its clock is ${Math.round(apart / 1000)} s ${ahead > behind ? 'ahead of' : 'behind'} this runner's, so it answers about another time; set both by NTP, and let no cache answer`,
  );
}

const SOUNDS_SECRET = /auth|cookie|credential|key|pass|secret|token/i;

function hider(ports: SourcePorts, { url, headers, body }: EndpointOptions): (text: string) => string {
  const templates = [url, ...Object.values(headers), body ?? ''];
  const variables = [...new Set(templates.flatMap(namesIn))].map(
    (name) => [ports.expand(`\${${name}}`), `\${${name}}`] as const,
  );
  const literal = Object.entries(headers)
    .filter(([name]) => SOUNDS_SECRET.test(name))
    .flatMap(([, value]) => [value, ...value.split(' ')]);
  const hidden = [...variables, ...[...literal, ...userinfoOf(url)].map((value) => [value, '***'] as const)]
    .flatMap(([value, shownAs]) => [...formsOf(value)].map((form) => [form, shownAs] as const))
    .sort(([a], [b]) => b.length - a.length);
  return (text) => hidden.reduce((left, [form, shownAs]) => left.replaceAll(form, () => shownAs), text);
}

function userinfoOf(url: string): readonly string[] {
  if (!URL.canParse(url)) return [];
  const { username, password } = new URL(url);
  return [username, password, `${username}:${password}`];
}
