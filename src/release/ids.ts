import { randomBytes, randomUUID } from 'node:crypto';

/** `<UTC yyyymmdd-hhmmss>-<sha7>-<4 random>` */
export function newReleaseId(sha: string, now: number): string {
  const stamp = new Date(now).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${sha.slice(0, 7)}-${randomBytes(2).toString('hex')}`;
}

export function newOwner(): string {
  return randomUUID();
}
