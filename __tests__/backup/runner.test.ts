import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createWorld, files, run, type World } from './world.js';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(async () => {
  expect(await world.leftInScratch()).toEqual([]);
  await world.remove();
});

describe('a sound backup', () => {
  test('passes when every source was restored and found identical', async () => {
    await world.write({ 'config/a.json': '{}', 'config/deep/b.json': 'b', 'data.txt': 'rows\n' });

    const result = await world.take([files('config/**'), run()]);

    expect(result.summary).toContain('2 sources backed up');
    expect(result.summary).toContain('on the same machine');
    expect(result).toMatchObject({ verdict: 'passed', reason: null });
    for (const source of result.sources) {
      expect(source).toMatchObject({ proved: 'identical', problem: null, digest: source.restoredDigest });
      expect(source.digest).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(result.sources[0]).toMatchObject({ name: 'settings', kind: 'files', items: 2, bytes: 3 });
    expect(result.sources[1]).toMatchObject({ name: 'orders', kind: 'run', items: null, bytes: 5 });
    expect(await world.stored('staging')).toEqual([]);
  });

  test('is of no earlier moment than it says, so that what is lost since then is told in full', async () => {
    await world.write({ 'data.txt': 'rows' });
    const produce = 'date +%s%3N > began; sleep 0.02; cat data.txt';
    const { sources } = await world.take([run({ produce })]);
    const began = Number(readFileSync(join(world.workspace, 'began'), 'utf8'));
    expect(Date.parse(sources[0]?.takenAt ?? '')).toBeLessThanOrEqual(began);
  });

  test('restores by hand each source into a place of its own', async () => {
    await world.write({ 'config/a': 'one', 'more/b': 'two' });
    const more = { ...files('more/**'), name: 'more' };
    const { sources } = await world.take([files('config/**'), more]);
    for (const { restore } of sources)
      execFileSync('bash', ['-ec', restore ?? 'false'], { cwd: world.temporary });
    expect(readFileSync(join(world.temporary, 'restored-settings/config/a'), 'utf8')).toBe('one');
    expect(readFileSync(join(world.temporary, 'restored-more/more/b'), 'utf8')).toBe('two');
  });

  test('never overwrites an earlier snapshot of the same release', async () => {
    await world.write({ 'config/a': '1' });
    const first = await world.take([files('config/**')]);
    await world.write({ 'config/a': '2' });
    const second = await world.take([files('config/**')]);

    expect(first.sources[0]?.id).toBe('20260102-030405-abcdef0-x1y2-settings');
    expect(second.sources[0]?.id).toBe('20260102-030405-abcdef0-x1y2-settings-2');
    expect(await world.stored('snapshots')).toHaveLength(2);
  });
});

describe('several sources', () => {
  test('a failure does not hide the others, and each reason is told', async () => {
    await world.write({ 'config/a': 'a', 'data.txt': 'rows' });
    const result = await world.take([
      files('nothing/**'),
      run({ name: 'broken', produce: 'echo no database here >&2; exit 3' }),
      run(),
    ]);

    expect(result).toMatchObject({ verdict: 'failed', reason: 'backup-failed' });
    expect(result.sources.map(({ proved }) => proved)).toEqual([null, null, 'identical']);
    expect(result.summary).toContain('2 of 3 sources not proved');
    expect(result.summary).toContain('"nothing/**" matches no file');
    expect(result.summary).toContain('exit code 3');
    expect(result.summary).toContain('no database here');
  });

  test('a copy that differs outweighs another failure in the reason', async () => {
    await world.write({ 'data.txt': 'rows' });
    const lossy = run({ consume: 'tr r R > "$RELEASE_SCRATCH/data.txt"' });
    const result = await world.take([files('nothing'), lossy]);

    expect(result.reason).toBe('backup-not-identical');
  });
});

describe('trouble at rest', () => {
  const storing = (tamper: (path: string) => void) => {
    let done = false;
    return (line: string) => {
      if (done || !line.includes('taken,')) return;
      done = true;
      tamper(line);
    };
  };

  test('a flipped bit fails the gate and names the object', async () => {
    await world.write({ 'config/a': 'aaaa', 'config/b': 'bbbb' });
    const object = objectOf('aaaa');
    const result = await world.take([files('config/**')], {
      onProgress: storing(() => {
        const bytes = readFileSync(object);
        bytes[2] = (bytes[2] ?? 0) ^ 4;
        writeFileSync(object, bytes);
      }),
    });

    expect(result).toMatchObject({ verdict: 'failed', reason: 'backup-damaged' });
    expect(result.sources[0]).toMatchObject({ proved: 'taken' });
    expect(result.sources[0]?.problem).toContain(object);
  });

  test('a missing object fails the gate and names the object', async () => {
    await world.write({ 'data.txt': 'rows' });
    const object = objectOf('rows');
    const result = await world.take([run()], { onProgress: storing(() => rmSync(object)) });

    expect(result).toMatchObject({ verdict: 'failed', reason: 'backup-damaged' });
    expect(result.sources[0]?.problem).toContain(`${object} is missing`);
    expect(result.sources[0]?.proved).toBe('taken');
  });

  test('a flipped bit fails the gate even where the consumer did not look', async () => {
    const data = Buffer.alloc(3_000_000, 'x');
    await world.write({ 'data.txt': data });
    const object = objectOf(data);
    const head = run({
      consume: 'head -c 10 > "$RELEASE_SCRATCH/data.txt"',
      fingerprint: 'head -c 10 "${RELEASE_SCRATCH:-.}/data.txt" | sha256sum',
    });
    const result = await world.take([head], {
      onProgress: storing(() => {
        data[2_999_999] = 0;
        writeFileSync(object, data);
      }),
    });

    expect(result).toMatchObject({ verdict: 'failed', reason: 'backup-damaged' });
    expect(result.sources[0]?.problem).toContain(object);
  });

  function objectOf(content: string | Buffer): string {
    const hash = createHash('sha256').update(content).digest('hex');
    return `${world.store}/objects/${hash.slice(0, 2)}/${hash.slice(2)}`;
  }
});

describe('cancelling', () => {
  test('a cancel during the take leaves nothing in the store and no process', async () => {
    await world.write({ 'data.txt': 'rows' });
    const controller = new AbortController();
    const script = run({ produce: 'echo $$ > pid; head -c 100000 /dev/zero; touch started; sleep 60' });
    const taking = world.take([script, files('data.txt')], { signal: controller.signal });
    await until(() => readFileSync(`${world.workspace}/started`, 'utf8'));
    controller.abort();
    const result = await taking;

    expect(result).toMatchObject({ verdict: 'errored', reason: 'backup-failed' });
    expect(result.sources.map(({ problem }) => problem)).toEqual(
      Array(2).fill('cancelled before it was proved'),
    );
    expect(await world.stored('objects')).toEqual([]);
    expect(await world.stored('staging')).toEqual([]);
    const pid = Number(readFileSync(`${world.workspace}/pid`, 'utf8'));
    expect(isAlive(pid)).toBe(false);
  });

  test('a cancel during the restore removes the scratch directory', async () => {
    await world.write({ 'data.txt': 'rows' });
    const controller = new AbortController();
    const taking = world.take(
      [run({ consume: 'cat > "$RELEASE_SCRATCH/data.txt"; touch started; sleep 60' })],
      {
        signal: controller.signal,
      },
    );
    await until(() => readFileSync(`${world.workspace}/started`, 'utf8'));
    controller.abort();

    expect((await taking).verdict).toBe('errored');
  });

  test('one that came before the start begins nothing', async () => {
    await world.write({ 'data.txt': 'rows' });
    const result = await world.take([run({ produce: 'touch began' })], { signal: AbortSignal.abort() });

    expect(result.verdict).toBe('errored');
    expect(() => readFileSync(`${world.workspace}/began`)).toThrow();
  });

  /** A process that ended may stay in the table until it is collected. */
  function isAlive(pid: number): boolean {
    try {
      return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return false;
    }
  }

  async function until(look: () => unknown): Promise<void> {
    for (let left = 500; left > 0; left -= 1) {
      try {
        look();
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    throw new Error('the script never came to the point');
  }
});

test('a plan without sources does not pass', async () => {
  expect(await world.take([])).toMatchObject({ verdict: 'failed', reason: 'backup-failed' });
});

test('a workspace that is not there is a failure with its path, not a rejection', async () => {
  const result = await world.take([files('**')], { workspace: `${world.workspace}/gone` });
  expect(result.sources[0]?.problem).toContain(`${world.workspace}/gone`);
});
