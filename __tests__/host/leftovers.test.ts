import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MARKER_NAME } from '../../src/host/environment.js';
import { endLeftovers, noteRunning } from '../../src/host/leftovers.js';
import { createBench, isAlive } from './fixture.js';

const directory = mkdtempSync(join(tmpdir(), 'leftovers-'));
beforeEach(() => void mkdirSync(directory, { recursive: true }));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

function startSleeper(marker: string): number {
  const child = spawn('sleep', ['300'], { env: { ...process.env, [MARKER_NAME]: marker }, detached: true });
  children.push(child);
  return child.pid ?? 0;
}

test('only what carries a noted marker is ended, whatever its pid', async () => {
  const [ours, theirs] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];
  const left = startSleeper(ours);
  const other = startSleeper(theirs);
  // The script that the note tells of has ended, and its number names another group by now.
  const note = { pid: other, startedAt: '1', marker: ours, name: 'promote' };
  writeFileSync(join(directory, `${other}.json`), JSON.stringify(note));
  expect(await endLeftovers(directory)).toBe(1);
  expect([isAlive(left), isAlive(other)]).toEqual([false, true]);
  expect(readdirSync(directory)).toEqual([]);
});

test('a script that emptied its environment is found by its group, and what left that by its parent', async () => {
  const inner = `env -i ${process.execPath} -e 'require("child_process").spawn("setsid", ["sleep", "301"], {env: {}, stdio: "ignore"}); setInterval(() => {}, 1000)' & wait`;
  const child = spawn('bash', ['-c', inner], { env: process.env, detached: true, stdio: 'ignore' });
  children.push(child);
  const pid = child.pid ?? 0;
  noteRunning(directory, { pid, marker: '33333333-3333-4333-8333-333333333333', name: 'promote' });
  const sleepers = () =>
    execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,args='])
      .toString()
      .split('\n')
      .filter((line) => line.endsWith('sleep 301'));
  while (sleepers().length === 0) await sleep(20);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await endLeftovers(directory)).toBe(2);
  expect(sleepers()).toEqual([]);
});

test('a note that was cut short or forged ends nothing', async () => {
  const pid = startSleeper('');
  writeFileSync(join(directory, `${pid}.json`), JSON.stringify({ pid, startedAt: '', marker: '' }));
  writeFileSync(join(directory, '12.json'), '{"pid": 12, "mark');
  expect(await endLeftovers(directory)).toBe(0);
  expect(isAlive(pid)).toBe(true);
});

test('no directory, no leftovers', async () => {
  expect(await endLeftovers(join(directory, 'missing'))).toBe(0);
});

test('a script is noted while it runs, and not afterwards', async () => {
  const bench = createBench();
  try {
    const running = bench.run('until [ -e seen ]; do sleep 0.02; done', { name: 'promote' });
    const notes = join(bench.workspace, 'running');
    // The script may be quicker than the note of it.
    while (!existsSync(notes) || readdirSync(notes).length === 0) await sleep(10);
    const [note = ''] = readdirSync(notes);
    expect(JSON.parse(readFileSync(join(notes, note), 'utf8'))).toMatchObject({
      name: 'promote',
      pid: Number.parseInt(note, 10),
    });
    writeFileSync(join(bench.workspace, 'seen'), '');
    await running;
    expect(readdirSync(notes)).toEqual([]);
  } finally {
    bench.remove();
  }
});
