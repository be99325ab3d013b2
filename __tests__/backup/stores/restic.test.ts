import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { needs } from '../../components.js';
import { createWorld, files, run, type World } from '../world.js';
import { createRepositories, type Repositories, restic } from './repository.js';

needs('restic')('a repository of restic', () => {
  let repositories: Repositories;
  let world: World;
  beforeAll(() => {
    repositories = createRepositories();
  });
  afterAll(() => repositories.remove());
  beforeEach(async () => {
    world = await createWorld();
  });
  afterEach(() => world.remove());

  test('keeps files and streams, proves them, and gives them back by hand', async () => {
    await world.write({ 'config/a': 'aaa', 'config/deep/b': 'b', 'data.txt': 'rows\n' });
    const repository = repositories.make();
    const result = await world.take([files('config/**'), run()], {
      plan: restic(repository),
      variables: repositories.variables,
    });
    expect(result.verdict).toBe('passed');
    for (const { restore } of result.sources) {
      execFileSync('bash', ['-ec', restore ?? ''], {
        cwd: world.temporary,
        env: { ...process.env, ...repositories.variables },
      });
      execFileSync('bash', ['-ec', 'find . -type f | xargs ls -l; rm -r restored'], {
        cwd: world.temporary,
        stdio: 'inherit',
      });
    }
  });
});
