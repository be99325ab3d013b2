import { codeOf } from './system-error.js';

/** Why a request got no answer, in a few words that hold nothing of the URL or the answer. */
export function networkReason(error: unknown): string {
  const code = codeOf(error);
  const known = REASONS[code];
  if (known !== undefined) return known;
  if (code.startsWith('HPE_')) return 'answered something that is not HTTP';
  if (/CERT|TLS|SSL|ISSUER|SIGNATURE|CRL/.test(code) || code === 'EPROTO') return `TLS failed (${code})`;
  return code === '' ? 'failed' : `failed (${code})`;
}

/** Whether it is this machine that could not ask, rather than the other side that did not answer. */
export function isOwnFault(error: unknown): boolean {
  return OWN_FAULTS.has(codeOf(error));
}

/** Whether the connection went away under the request. */
export function isReset(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE'].includes(codeOf(error));
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection closed without an answer',
  EPIPE: 'connection closed without an answer',
  ECONNABORTED: 'connection closed without an answer',
  ETIMEDOUT: 'timed out',
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name could not be looked up',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  EMFILE: 'this runner has no file descriptors left',
  ENFILE: 'this runner has no file descriptors left',
  EADDRNOTAVAIL: 'this runner has no ports left',
  ENOBUFS: 'this runner has no network buffers left',
};

const OWN_FAULTS = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS']);
