import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Facts } from '../../src/github/contract.js';
import { pullsOfGroup } from '../../src/stages/pull-facts.js';
import { makeTemplate, startWorld, type Template, type World } from '../github/world.js';

let template: Template;
let world: World;
let base = '';
let facts: Facts;

beforeAll(async () => {
  template = await makeTemplate({ 'a.txt': 'a\n' });
});
afterAll(() => template.remove());
beforeEach(async () => {
  world = await startWorld(template);
  [base = ''] = template.commits;
  facts = world.connect().hub.facts;
});
afterEach(() => world.stop());

async function opened(name: string): Promise<{ readonly number: number; readonly head: string }> {
  const head = await world.commit({ [`${name}.txt`]: 'x\n' }, { branch: name, parents: [base] });
  const { number } = await world.github.openPull({ head: name, by: 'dave', title: name });
  return { number, head };
}

/** The commits of a queue's branch, by their subjects, or merges of a head. */
async function queued(...commits: readonly (string | { readonly merges: string })[]): Promise<string> {
  let tip = base;
  for (const [index, commit] of commits.entries()) {
    const [message, parents] =
      typeof commit === 'string' ? [commit, [tip]] : ['Merge a change', [tip, commit.merges]];
    const files = { [`queued-${index}.txt`]: 'x\n' };
    tip = await world.commit(files, { branch: `queue-${index}`, parents, message });
  }
  return tip;
}

const found = async (head: string, last: number | null, branch: string | null = 'main') =>
  (await pullsOfGroup(facts, { kind: 'group', head, base, branch, last })).map(({ pull }) => pull.number);

describe('the pull requests of a merge group', () => {
  test('are the last one, with what people said of it', async () => {
    const { number } = await opened('one');
    await world.github.review(number, { by: 'alice' });
    world.github.comment(number, { by: 'bob', body: 'Fine' });
    const head = await queued('One');
    const [member] = await pullsOfGroup(facts, { kind: 'group', head, base, branch: 'main', last: number });
    expect(member).toMatchObject({ reviews: [{ author: 'alice' }], comments: [{ author: 'bob' }] });
  });

  test('are those, too, that GitHub names for a commit, and those that a subject names', async () => {
    const [one, two, three, four] = [
      await opened('one'),
      await opened('two'),
      await opened('three'),
      await opened('four'),
    ];
    const head = await queued(
      { merges: one.head },
      `Two (#${two.number})`,
      `Merge pull request #${three.number} from acme/three`,
      'Four',
    );
    expect(await found(head, four.number)).toEqual([one.number, two.number, three.number, four.number]);
    expect(await found(head, null)).toEqual([one.number, two.number, three.number]);
  });

  test('are not what is merged, is of another branch, or is no pull request', async () => {
    const [one, two] = [await opened('one'), await opened('two')];
    await world.github.merge(one.number, { way: 'squash', by: 'erin' });
    const head = await queued(`Takes One back (#${one.number})`, 'Nothing (#999)');
    expect(await found(head, two.number)).toEqual([two.number]);
    expect(await found(head, two.number, 'release')).toEqual([]);
  });

  test('are none that is known where the group cannot be compared with its base', async () => {
    const { number, head } = await opened('one');
    const group = { kind: 'group', head, base: '1'.repeat(40), branch: 'main', last: number } as const;
    expect(await pullsOfGroup(facts, group)).toEqual([]);
  });
});
