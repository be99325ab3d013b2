import { expect, test } from '@jest/globals';
import { incidentText } from '../../src/report/incident.js';
import { endOf, Story } from './story.js';

const GOOD = {
  ...{ source: 'orders', kind: 'sqlite', id: 'good', sha256: null, size: 1, digest: null },
  ...{ takenAt: '2026-11-22T09:00:00.000Z', restore: 'restore good' },
};

/** A restore that worked, after which writing could not be let go on. */
function restored(): Story {
  return new Story({ kind: 'rollback', data: { release: 'bad-release', backups: [GOOD] } })
    .add({
      ...{ type: 'backed-up', source: 'orders', kind: 'sqlite', store: 'directory', id: 'spoiled' },
      ...{ proved: 'identical', taken_at: '2026-11-22T10:00:00.000Z', bytes: 1, sha256: null, digest: null },
      restore: 'restore spoiled',
    })
    .does('restore')
    .add({ type: 'data-restored', result: 'done', note: 'in its place', commands: ['maintenance off'] })
    .over('rollback-failed', 'writing-stopped', 'writing may still be stopped');
}

test('a rollback names the data of before the release first, and the spoiled state that it saved as such', () => {
  const { body } = incidentText(endOf(restored()));
  const headings = body.split('\n').filter((line) => line.startsWith('### The data'));
  expect(headings).toEqual([
    '### The data as it was before the release bad-release',
    '### The data as it was when this rollback began: the SPOILED state, kept for what only it has',
  ]);
  const [, good = '', spoiled = ''] = body.split('### The data as it was');
  expect(good).toContain('restore good');
  expect(good).not.toContain('restore spoiled');
  expect(spoiled).toContain('restore spoiled');
});

test('a person is told to let writing go on, with the command, and not to restore again for it', () => {
  const { body } = incidentText(endOf(restored()));
  expect(body).toMatch(/What to do:.*quiesce\.off.*Do not dispatch `data: restore` again/);
  expect(body).toContain('The data is restored; writing is left to a person:\n\n```bash\nmaintenance off');
});

test('a release that saved the data and failed offers it as it was before', () => {
  const story = new Story()
    .add({
      ...{ type: 'backed-up', source: 'orders', kind: 'sqlite', store: 'directory', id: 'good' },
      ...{ proved: 'identical', taken_at: '2026-11-22T10:00:00.000Z', bytes: 1, sha256: null, digest: null },
      restore: 'restore good',
    })
    .over('rolled-back', 'metric-failed', 'x');
  expect(incidentText(endOf(story)).body).toMatch(/### The data as it was before\n[^#]*restore good/);
});
