import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SnapshotSource } from '../../../src/plan/plan.js';
import { createWorld, type World } from '../world.js';

const cluster = (parts: Partial<SnapshotSource> = {}): SnapshotSource => ({
  kind: 'snapshot',
  name: 'cluster',
  usable: null,
  take: 'echo creating; echo snap-0a1b',
  prove: 'echo "$RELEASE_BACKUP_ID proved $RELEASE_PROVE" > proved',
  restore: 'echo "it\'s $RELEASE_BACKUP_ID" > restored',
  timeoutMs: 20_000,
  ...parts,
});

describe('a snapshot source', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
  });
  afterEach(() => world.remove());

  test('needs no store: its script takes it, its id is kept, and its script proves that very id', async () => {
    const result = await world.take([cluster()], { plan: { store: null } });
    expect(result.verdict).toBe('passed');
    expect(result.sources[0]).toMatchObject({ id: 'snap-0a1b', proved: 'identical', digest: null });
    expect(readFileSync(join(world.workspace, 'proved'), 'utf8')).toBe('snap-0a1b proved identical\n');
  });

  test('is restored by nobody but a person, by the command of its evidence', async () => {
    const result = await world.take([cluster()], { plan: { store: null } });
    expect(existsSync(join(world.workspace, 'restored'))).toBe(false);
    execFileSync('bash', ['-c', result.sources[0]?.restore ?? 'false'], { cwd: world.workspace });
    expect(readFileSync(join(world.workspace, 'restored'), 'utf8')).toBe("it's snap-0a1b\n");
  });

  test.each([
    ['prints nothing', { take: 'true' }, '`take` printed nothing', null],
    ['prints a sentence in place of an id', { take: 'echo all is well' }, 'a last line that is no id', null],
    ['fails', { take: 'echo no rights >&2; exit 3' }, '`take` failed with exit code 3', null],
    [
      'takes too long',
      { take: 'sleep 20', timeoutMs: 300 },
      '`take` did not end within its timeout of 0.3 s',
      null,
    ],
    [
      'cannot be proved',
      { prove: 'echo it differs >&2; exit 1' },
      '`prove` failed with exit code 1',
      'taken',
    ],
  ] as const)('that %s shuts the gate', async (_how, parts, problem, proved) => {
    const result = await world.take([cluster(parts)], { plan: { store: null } });
    expect(result).toMatchObject({ verdict: 'failed', reason: 'backup-failed' });
    expect(result.sources[0]?.problem).toContain(problem);
    expect(result.sources[0]?.proved).toBe(proved);
  });
});
