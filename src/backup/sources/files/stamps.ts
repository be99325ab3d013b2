import type { Found } from './walk.js';

/** Numbers that are kept of one entry. */
const WIDTH = 7;

/**
 * What was seen of each entry of a walk, in its order, to tell later whether an entry is still the same. Of very many
 * entries nothing else is held in memory.
 */
export class Stamps {
  #numbers = new Float64Array(WIDTH * 1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(found: Found): void {
    const at = WIDTH * this.#length;
    if (at === this.#numbers.length) {
      const longer = new Float64Array(2 * at);
      longer.set(this.#numbers);
      this.#numbers = longer;
    }
    this.#numbers.set(numbersOf(found), at);
    this.#length += 1;
  }

  /** Whether the entry at `index` is what `found` is: same place, same thing, same content as far as its times tell. */
  matches(index: number, found: Found): boolean {
    if (index >= this.#length) return false;
    return numbersOf(found).every((number, column) => number === this.#numbers[WIDTH * index + column]);
  }
}

/** A directory's own times change with each entry that is not ours to back up. */
function numbersOf(found: Found): readonly number[] {
  const { dev, ino, mode, size, mtimeMs, ctimeMs } = found;
  const isDirectory = found.type === 'directory';
  const times = isDirectory ? [0, 0, 0] : [size, mtimeMs, ctimeMs];
  return [hashOf(`${found.type} ${found.path}`), dev, ino, mode, ...times];
}

/** FNV-1a in two halves: paths are told apart by it, and one that is replaced has other times as well. */
function hashOf(text: string): number {
  let [high, low] = [0x811c9dc5, 0x01000193];
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(low ^ unit, 0x01000197);
  }
  return (high >>> 0) * 2 ** 21 + (low >>> 11);
}
