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
