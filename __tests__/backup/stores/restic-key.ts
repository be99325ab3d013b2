import { createCipheriv, createDecipheriv, createHash, randomBytes, scryptSync } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface KeyFile {
  readonly N: number;
  readonly r: number;
  readonly p: number;
  /** Both in base64. */
  readonly salt: string;
  readonly data: string;
}

/**
 * Locks the one key of a repository with the least of scrypt in the place of half a second of it, which each start
 * of restic would take: what is tested is not the strength of a password. Nothing else of the repository changes.
 * The form is that of "Keys, Encryption and MAC" in restic's design document.
 */
export function weakenKey(repository: string, password: string): void {
  const keys = join(repository, 'keys');
  const [name = ''] = readdirSync(keys);
  const key = JSON.parse(readFileSync(join(keys, name), 'utf8')) as KeyFile;
  const master = opened(Buffer.from(key.data, 'base64'), derived(password, key));
  const weak = { ...key, N: 2, r: 1, p: 1 };
  const text = JSON.stringify({ ...weak, data: sealed(master, derived(password, weak)).toString('base64') });
  rmSync(join(keys, name));
  writeFileSync(join(keys, createHash('sha256').update(text).digest('hex')), text, { mode: 0o400 });
}

interface Secrets {
  readonly encryption: Buffer;
  readonly nonce: Buffer;
  readonly mac: Buffer;
}

function derived(password: string, { N, r, p, salt }: KeyFile): Secrets {
  const all = scryptSync(password, Buffer.from(salt, 'base64'), 64, { N, r, p, maxmem: 2 ** 30 });
  return { encryption: all.subarray(0, 32), nonce: all.subarray(32, 48), mac: all.subarray(48) };
}

function opened(data: Buffer, { encryption }: Secrets): Buffer {
  const cipher = createDecipheriv('aes-256-ctr', encryption, data.subarray(0, 16));
  return Buffer.concat([cipher.update(data.subarray(16, -16)), cipher.final()]);
}

function sealed(text: Buffer, { encryption, nonce, mac }: Secrets): Buffer {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-ctr', encryption, iv);
  const body = Buffer.concat([cipher.update(text), cipher.final()]);
  const block = createCipheriv('aes-128-ecb', nonce, null).setAutoPadding(false);
  return Buffer.concat([iv, body, poly1305(body, { r: mac, s: block.update(iv) })]);
}

/** RFC 8439, 2.5. */
function poly1305(message: Buffer, { r, s }: { readonly r: Buffer; readonly s: Buffer }): Buffer {
  const factor = little(r) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    sum = ((sum + little(Buffer.concat([message.subarray(at, at + 16), Buffer.of(1)]))) * factor) % PRIME;
  }
  const tag = (sum + little(s)) % 2n ** 128n;
  return Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').reverse();
}

const PRIME = 2n ** 130n - 5n;

function little(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}
