import type { RequestRecord } from '../../sandbox/github/records.js';

/** The longest chain of requests of which each began after the one before had its answer. */
export function roundTrips(requests: readonly RequestRecord[]): number {
  const chains: { readonly endedAt: number; readonly length: number }[] = [];
  for (const { startedAt, endedAt } of [...requests].sort((a, b) => a.startedAt - b.startedAt)) {
    const before = chains.filter((chain) => chain.endedAt <= startedAt).map(({ length }) => length);
    chains.push({ endedAt, length: 1 + Math.max(0, ...before) });
  }
  return Math.max(0, ...chains.map(({ length }) => length));
}
