import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sorted } from '../../src/backup/entry.js';
import type { TreeItem } from '../../src/backup/provider.js';
import { packTree } from '../../src/backup/tar/pack.js';
import { untar } from '../../src/backup/tar/unpack.js';

interface Plain {
  readonly type: string;
  readonly path: string;
  readonly mode?: number;
  readonly mtimeMs: number;
  readonly target?: string;
  readonly content?: string;
}

const seconds = fc.integer({ min: -(2 ** 33), max: 2 ** 34 }).map((second) => second * 1000);
const name = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 120 })
  .filter((text) => !/[/\0\ud800-\udfff]/.test(text) && text !== '.' && text !== '..');
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const mode = fc.integer({ min: 0, max: 0o7777 });
const item = fc.oneof(
  fc.record({ type: fc.constant('directory'), path, mode, mtimeMs: seconds }),
  fc.record({ type: fc.constant('link'), path, mtimeMs: seconds, target: name }),
  fc.record({
    type: fc.constant('file'),
    path,
    mode,
    mtimeMs: seconds,
    content: fc.string({ maxLength: 3000 }),
  }),
);
const tree = fc
  .uniqueArray(item, { selector: (one) => one.path, maxLength: 12 })
  .map((items) => sorted(items));

describe('a tree in one stream', () => {
  test('comes back as it was, in whatever pieces it arrives', async () => {
    await fc.assert(
      fc.asyncProperty(tree, fc.integer({ min: 1, max: 2000 }), async (items, piece) => {
        expect(await unpacked(pieces(await packed(items), piece))).toEqual(items);
      }),
      { numRuns: 60 },
    );
  });

  test('is refused when it is cut off or changed at any place of its headers', async () => {
    const whole = await packed([
      { type: 'directory', path: 'd', mode: 0o755, mtimeMs: 0 },
      { type: 'file', path: `d/${'x'.repeat(150)}`, mode: 0o644, mtimeMs: 0, content: 'abc' },
    ]);
    for (let length = 0; length < whole.length - 1024; length += 256)
      await expect(unpacked(pieces(whole.subarray(0, length), 512))).rejects.toThrow('take the backup again');
    for (let at = 0; at < 512; at += 1) {
      const bad = Buffer.from(whole);
      bad[at] = (bad[at] ?? 0) ^ 1;
      await expect(unpacked(pieces(bad, 512))).rejects.toThrow('the stored tree cannot be read');
    }
  });

  test('is refused when it leads out of its directory', async () => {
    const evil = await packed([{ type: 'file', path: '../evil', mode: 0o644, mtimeMs: 0, content: 'x' }]);
    await expect(unpacked(pieces(evil, 512))).rejects.toThrow('leads out of it');
  });

  test('is unpacked by any tar, with long names, modes, times and links', async () => {
    const long = `${'a'.repeat(90)}/${'b'.repeat(120)} ü`;
    const items: readonly Plain[] = [
      { type: 'directory', path: 'a'.repeat(90), mode: 0o750, mtimeMs: 1_600_000_000_000 },
      { type: 'link', path: `${'a'.repeat(90)}/a-link`, mtimeMs: 1_600_000_000_000, target: 't'.repeat(130) },
      { type: 'file', path: long, mode: 0o640, mtimeMs: -86_400_000, content: 'abc\n' },
    ];
    const directory = mkdtempSync(join(tmpdir(), 'tar-test-'));
    try {
      mkdirSync(join(directory, 'out'));
      const args = ['--extract', '--preserve-permissions', '--directory', join(directory, 'out')];
      execFileSync('tar', args, { input: await packed(items) });
      const at = (...parts: string[]) => join(directory, 'out', ...parts);
      expect(readdirSync(at('a'.repeat(90))).sort()).toEqual(['a-link', `${'b'.repeat(120)} ü`]);
      expect(readFileSync(at(long), 'utf8')).toBe('abc\n');
      expect(lstatSync(at(long)).mode & 0o7777).toBe(0o640);
      expect(lstatSync(at(long)).mtimeMs).toBe(-86_400_000);
      expect(readlinkSync(at('a'.repeat(90), 'a-link'))).toBe('t'.repeat(130));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

async function packed(items: readonly Plain[]): Promise<Buffer> {
  const sink = new PassThrough();
  const chunks: Buffer[] = [];
  sink.on('data', (chunk: Buffer) => chunks.push(chunk));
  await packTree(itemsOf(items), sink);
  sink.end();
  await new Promise((resolve) => sink.once('end', resolve));
  return Buffer.concat(chunks);
}

async function* itemsOf(items: readonly Plain[]): AsyncGenerator<TreeItem> {
  for (const { content = '', ...one } of items) {
    const bytes = Buffer.from(content);
    const read = () => pieces(bytes, 100);
    yield (one.type === 'file' ? { ...one, size: bytes.length, read } : one) as TreeItem;
  }
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function unpacked(chunks: AsyncIterable<Uint8Array>): Promise<readonly Plain[]> {
  const found: Plain[] = [];
  for await (const one of untar(chunks)) {
    if (one.type !== 'file') {
      found.push(one);
      continue;
    }
    const read: Uint8Array[] = [];
    for await (const chunk of one.read()) read.push(chunk);
    const { type, path: name, mode: bits, mtimeMs } = one;
    found.push({ type, path: name, mode: bits, mtimeMs, content: Buffer.concat(read).toString('utf8') });
  }
  return found;
}
