import { setFlagsFromString } from 'node:v8';

/** Bytes of one page. */
export const PAGE = 256 * 1024;

const free: Buffer[] = [];
const lent = new WeakSet<ArrayBufferLike>();

/**
 * A buffer to fill and to hand to a sink, which gives it back when it is through. Of new ones for each quarter of a
 * megabyte, hundreds would be lying about before they are collected.
 */
export function lendPage(): Buffer {
  const page = free.pop() ?? Buffer.allocUnsafeSlow(PAGE);
  lent.add(page.buffer);
  return page;
}

/** `chunk` is a page or a part of one, and nobody will read it any more. Whatever else it is stays as it is. */
export function givePageBack({ buffer }: Uint8Array): void {
  if (lent.delete(buffer)) free.push(Buffer.from(buffer));
}

/** When a store has all of it: the pages that wait for the next time are let go. */
export function dropPages(): void {
  free.length = 0;
}

/**
 * Keeps the young part of the heap as small as it is. What streams by leaves little behind, and yet V8 gives it more
 * and more room while it comes quickly: up to three times 16 MB of what nobody reads any more. V8 looks at this factor
 * each time it would let it grow; nothing is made smaller, and no speed is lost (`npm run bench -- backup`).
 */
export function keepGarbageSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
