import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { gitMerge, importHistory } from './git-merges.js';
import { requestOf } from './rollbacks.js';
import { treeCase } from './tree-cases.js';
import { makeTemplate, startWorld, type Template, type World } from './world.js';

/** At least so many, and on until each outcome was seen; it is rare that this takes more than twice as many. */
const HISTORIES = 16;
const MOST = 200;
const OUTCOMES = ['done', 'unneeded', 'conflict'];

let template: Template;
let world: World;

beforeAll(async () => {
  template = await makeTemplate({ 'a.txt': 'a\n' });
  world = await startWorld(template);
});

afterAll(async () => {
  await world.stop();
  template.remove();
});

test(`${HISTORIES} and more rollbacks through GitHub are what git merges, or conflicts in both`, async () => {
  const seed = Date.now() % 2 ** 31;
  const kinds = new Set<string>();
  const git = world.github.git;
  for (const [index, sides] of fc.sample(treeCase, { numRuns: MOST, seed }).entries()) {
    if (index >= HISTORIES && kinds.size === OUTCOMES.length) break;
    const prefix = `h${index}/`;
    importHistory(world.github.repositoryPath, [sides], prefix);
    const [from, to, head] = await Promise.all(
      ['base', 'good', 'ours'].map((name) => git('rev-parse', `refs/heads/${prefix}${name}`)),
    );
    const commits = { from: from ?? '', to: to ?? '' };
    const where = { branch: `${prefix}ours`, release: `release-${index}` };
    const { tree, conflicts } = gitMerge(world.github.repositoryPath, prefix);

    const outcome = await world.connect().hub.reverter.rollback(requestOf(commits, where));

    const after = await git('rev-parse', `refs/heads/${where.branch}`, `refs/heads/${where.branch}^{tree}`);
    const wanted =
      conflicts.length > 0 ? [head, await git('rev-parse', `${head}^{tree}`)] : [outcome.kind, tree];
    const [commit, made] = after.split('\n');
    const seen = { seed, index, outcome: JSON.stringify(outcome), made };
    if (conflicts.length > 0) {
      expect({ ...seen, kind: outcome.kind, commit }).toEqual({ ...seen, kind: 'conflict', commit: head });
    } else {
      expect(['done', 'unneeded']).toContain(outcome.kind);
      expect(seen).toEqual({ ...seen, made: wanted[1] });
    }
    kinds.add(outcome.kind);
  }
  expect({ seed, kinds }).toEqual({ seed, kinds: new Set(OUTCOMES) });
});
