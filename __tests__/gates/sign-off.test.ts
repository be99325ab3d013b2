import { describe, expect, test } from '@jest/globals';
import { decide } from '../../src/gates/decide.js';
import { pullsToSign } from '../../src/gates/released-pulls.js';
import { judgeSignOff } from '../../src/gates/sign-off.js';
import type { PullFacts, SignOffFacts } from '../../src/gates/sign-off-facts.js';
import type { Comment, PullRequest, ReleasedCommit, Review } from '../../src/github/contract.js';
import type { Approval } from '../../src/plan/gate-keys.js';

const HEAD = 'abcdef0123456789abcdef0123456789abcdef01';
const OTHER = 'fedcba9876543210fedcba9876543210fedcba98';
const BUSINESS: Approval = { role: 'business', from: ['@Alice', '@bob'], count: 1, self: false };

const PULL: PullRequest = {
  ...{ number: 7, url: 'https://github.com/acme/shop/pull/7', title: 'A change', author: 'dave' },
  ...{ state: 'merged', head: HEAD, base: { ref: 'main', sha: OTHER }, isFork: false },
};

function commit(sha: string, change: Partial<ReleasedCommit> = {}): ReleasedCommit {
  return { sha, subject: 'Pushed', author: 'dave', committer: null, ...change };
}

function review(author: string, change: Partial<Review> = {}): Review {
  const at = '2026-03-01T10:00:00Z';
  return { author, association: 'MEMBER', state: 'APPROVED', commit: HEAD, at, url: 'https://x', ...change };
}

function comment(author: string, body: string, isEdited = false): Comment {
  return { author, body, at: '2026-03-01T10:00:00Z', isEdited, url: 'https://x' };
}

function judge(approval: Approval, facts: Partial<PullFacts> & Partial<SignOffFacts> = {}) {
  const { pull = PULL, commits = [commit(OTHER), commit(HEAD)], headMoves = [], ...rest } = facts;
  const { reviews = [], comments = [], ...others } = rest;
  const { verdicts, signOffs } = judgeSignOff([approval], {
    ...{
      environment: 'production',
      actor: 'zoe',
      sha: HEAD,
      direct: [],
      runApprovals: null,
      people: new Map(),
    },
    pulls: [{ pull, commits, headMoves, reviews, comments }],
    ...others,
  });
  return { verdict: verdicts[0], signOffs, decision: decide(verdicts) };
}

describe('a review', () => {
  test('counts when it approves, is the latest of its author, and saw the final head', () => {
    const { verdict, signOffs } = judge(BUSINESS, { reviews: [review('alice')] });
    expect(verdict).toMatchObject({ state: 'open', text: 'business: alice signed off #7 at abcdef0' });
    expect(signOffs).toEqual([
      expect.objectContaining({ role: 'business', by: 'alice', via: 'review', pull: 7, commit: HEAD }),
    ]);
  });

  test.each([
    [
      'of an earlier head',
      [review('alice', { commit: OTHER })],
      'alice approved fedcba9, and the final head of #7 is abcdef0',
    ],
    ['of a head that is not told', [review('alice', { commit: null })], 'alice approved an unknown commit'],
    [
      'followed by a request for changes',
      [review('alice'), review('alice', { state: 'CHANGES_REQUESTED' })],
      'reviewed again after that (changes_requested)',
    ],
    [
      'followed by a comment',
      [review('alice'), review('alice', { state: 'COMMENTED' })],
      'reviewed again after that (commented)',
    ],
    ['that was dismissed', [review('alice', { state: 'DISMISSED' })], ''],
    [
      'by someone who is not in the role',
      [review('mallory')],
      'mallory agreed, but is not in the role business',
    ],
    ['by an account that is gone', [review('alice', { author: null })], ''],
  ])('%s does not count', (_, reviews, evidence) => {
    const { verdict, signOffs, decision } = judge(BUSINESS, { reviews });
    expect(decision).toMatchObject({ kind: 'waiting', reason: 'sign-off-missing' });
    expect(verdict?.evidence.join()).toContain(evidence);
    expect(verdict?.opens).toBe(
      `One of alice, bob approves, or comments \`/approve business ${HEAD}\`, at https://github.com/acme/shop/pull/7`,
    );
    expect(signOffs).toEqual([]);
  });

  test('after which its author approved again counts', () => {
    const reviews = [
      review('alice', { state: 'CHANGES_REQUESTED' }),
      review('bob', { commit: OTHER }),
      review('alice'),
    ];
    expect(judge(BUSINESS, { reviews }).verdict).toMatchObject({ state: 'open' });
  });
});

describe('a comment', () => {
  test.each([
    ['/approve business abcdef0'],
    ['/APPROVE Business ABCDEF0123\n'],
    [`  /approve business ${HEAD}  `],
  ])('%j counts', (body) => {
    const { verdict, signOffs } = judge(BUSINESS, { comments: [comment('alice', body)] });
    expect(verdict).toMatchObject({ state: 'open' });
    expect(signOffs).toEqual([expect.objectContaining({ via: 'comment', commit: HEAD })]);
  });

  test.each([
    ['/approve security abcdef0', ''],
    ['> /approve business abcdef0', ''],
    ['Please /approve business abcdef0', ''],
    ['/approve business fedcba9', 'alice agreed to fedcba9, and the final head of #7 is abcdef0'],
    ...['', ' abcdef', ' main', ' abcdef0 now', ' abcdef0\nor rather not', ` ${HEAD}0`].map((rest) => [
      `/approve business${rest}`,
      `the \`/approve\` of alice does not count: the comment must be \`/approve business ${HEAD}\` and nothing else`,
    ]),
  ])('%j does not, and one for the role is told of', (body, miss) => {
    const { decision, verdict } = judge(BUSINESS, { comments: [comment('alice', body)] });
    expect(decision).toMatchObject({ kind: 'waiting' });
    expect(verdict?.evidence.join('\n')).toBe(miss);
  });

  test('that was edited, or is by a stranger, does not', () => {
    const comments = [
      comment('alice', '/approve business abcdef0', true),
      comment('eve', '/approve business abcdef0'),
    ];
    const { verdict, decision } = judge(BUSINESS, { comments });
    expect(decision).toMatchObject({ kind: 'waiting' });
    expect(verdict?.evidence).toEqual([
      'the comment of alice was edited, and so does not count',
      'eve agreed, but is not in the role business',
    ]);
  });
});

describe('a comment with fewer than forty digits', () => {
  // Two commits of which the first digits are the same are made within seconds.
  const twin = `abcdef0${'9'.repeat(33)}`;
  const at = '2026-03-01T10:00:00Z';
  const said = (facts: Partial<PullFacts>, body = '/approve business abcdef0') =>
    judge(BUSINESS, { comments: [comment('alice', body)], ...facts }).verdict;

  test.each<[string, Partial<PullFacts>, string]>([
    [
      'the head was replaced after it',
      { headMoves: ['2026-03-01T10:00:01Z'] },
      'may have been replaced since',
    ],
    ['the head was replaced in its second', { headMoves: [at] }, 'may have been replaced since'],
    ['the time of that cannot be read', { headMoves: ['soon'] }, 'may have been replaced since'],
    ['that is not told', { headMoves: null }, 'GitHub does not tell whether the head was replaced'],
    [
      'an earlier commit begins alike',
      { commits: [commit(twin), commit(HEAD)] },
      'another commit of #7 begins alike',
    ],
    [
      'the head is not among the commits',
      { commits: [commit(OTHER)] },
      'the commits of #7 are not all known',
    ],
    [
      'there are more commits than GitHub lists',
      { commits: [...Array.from({ length: 250 }, () => commit(OTHER)), commit(HEAD)] },
      'the commits of #7 are not all known',
    ],
  ])('does not count when %s, while one with all of them does', (_, facts, why) => {
    const short = said(facts);
    expect(short).toMatchObject({ state: 'waiting', reason: 'sign-off-missing' });
    expect(short?.evidence.join()).toContain(why);
    expect(short?.evidence.join()).toContain(`only all 40 digits count, \`/approve business ${HEAD}\``);
    expect(said(facts, `/approve business ${HEAD}`)).toMatchObject({ state: 'open' });
  });

  test('counts when the head was replaced before it', () => {
    expect(said({ headMoves: ['2026-03-01T09:59:59Z'] })).toMatchObject({ state: 'open' });
  });
});

describe('a comment and a review of one person', () => {
  const comments = [comment('alice', `/approve business ${HEAD}`)];
  const late = { at: '2026-03-01T11:00:00Z' };
  const early = { at: '2026-03-01T09:00:00Z' };

  test.each([
    ['changes requested after it', review('alice', { ...late, state: 'CHANGES_REQUESTED', commit: OTHER })],
    ['changes requested in the same second', review('alice', { state: 'CHANGES_REQUESTED' })],
    ['changes requested at an unknown time', review('alice', { at: '', state: 'CHANGES_REQUESTED' })],
    ['a later review that was dismissed', review('alice', { ...late, state: 'DISMISSED' })],
    ['an earlier one of this head', review('alice', { ...early, state: 'DISMISSED' })],
  ])('take the sign-off back: %s', (_, taken) => {
    const { verdict } = judge(BUSINESS, { comments, reviews: [taken] });
    expect(verdict).toMatchObject({ state: 'waiting' });
    expect(verdict?.evidence).toEqual([
      taken.state === 'DISMISSED'
        ? 'alice agreed to #7 by a comment, but a review of theirs was dismissed, perhaps since: only a new approving review counts'
        : 'alice agreed to #7 by a comment, but a review of theirs takes it back',
    ]);
  });

  test('take it back also where another review lies between the dismissed one and the comment', () => {
    const dismissed = review('alice', { at: '2026-03-01T08:00:00Z', state: 'DISMISSED' });
    const requested = review('alice', { ...early, state: 'CHANGES_REQUESTED', commit: OTHER });
    const { verdict } = judge(BUSINESS, { comments, reviews: [dismissed, requested] });
    expect(verdict).toMatchObject({ state: 'waiting' });
    expect(verdict?.evidence.join()).toContain('only a new approving review counts');
    const anew = review('alice', { at: '2026-03-01T09:30:00Z' });
    expect(judge(BUSINESS, { reviews: [dismissed, requested, anew] }).verdict).toMatchObject({
      state: 'open',
    });
  });

  test.each([
    ['changes requested before it', review('alice', { ...early, state: 'CHANGES_REQUESTED' })],
    [
      'a review of an earlier head, dismissed',
      review('alice', { ...early, state: 'DISMISSED', commit: OTHER }),
    ],
    ['what somebody else requested', review('bob', { ...late, state: 'CHANGES_REQUESTED' })],
    ['an answer to a thread', review('alice', { ...late, state: 'COMMENTED' })],
  ])('do not: %s', (_, kept) => {
    expect(judge(BUSINESS, { comments, reviews: [kept] }).verdict).toMatchObject({ state: 'open' });
  });
});

describe('a role', () => {
  test('of two needs two different people', () => {
    const two = { ...BUSINESS, count: 2 };
    const twice = [comment('alice', '/approve business abcdef0')];
    const { verdict } = judge(two, { reviews: [review('alice')], comments: twice });
    expect(verdict).toMatchObject({
      state: 'waiting',
      text: 'business: one sign-off of #7 at abcdef0 is missing beside alice',
    });
    expect(verdict?.opens).toMatch(/^bob approves/);
    expect(judge(two, { reviews: [review('alice'), review('bob')] }).signOffs).toHaveLength(2);
  });

  test('does not count the author of the change, unless the plan lets it', () => {
    const pull = { ...PULL, author: 'alice' };
    const refused = judge(BUSINESS, { pull, reviews: [review('alice')] });
    expect(refused.verdict?.evidence).toEqual([
      'alice opened the change or made a commit of it, and may not sign it off as business',
    ]);
    expect(refused.verdict?.opens).toMatch(/^bob approves/);
    expect(judge({ ...BUSINESS, self: true }, { pull, reviews: [review('alice')] }).verdict).toMatchObject({
      state: 'open',
    });
  });

  test.each([
    ['wrote the final head', { author: 'Alice' }],
    ['committed it', { committer: 'Alice' }],
  ])('does not count who %s, unless the plan lets them', (_, maker) => {
    const facts = { commits: [commit(OTHER), commit(HEAD, maker)], reviews: [review('alice')] };
    const refused = judge(BUSINESS, facts).verdict;
    expect(refused?.evidence).toEqual([
      'alice opened the change or made a commit of it, and may not sign it off as business',
    ]);
    expect(judge({ ...BUSINESS, self: true }, facts).verdict).toMatchObject({ state: 'open' });
    // Nor who made an earlier commit of it.
    const earlier = { ...facts, commits: [commit(OTHER, maker), commit(HEAD)] };
    expect(judge(BUSINESS, earlier).verdict).toMatchObject({ state: 'waiting' });
  });

  test('is told when one person signs for it and for another one', () => {
    const operations = { ...BUSINESS, role: 'operations' };
    const judged = (reviews: readonly Review[]) =>
      judgeSignOff([BUSINESS, operations], {
        ...{ environment: 'production', actor: 'zoe', sha: HEAD, direct: [], runApprovals: null },
        pulls: [{ pull: PULL, commits: [commit(HEAD)], headMoves: null, reviews, comments: [] }],
        people: new Map(),
      }).verdicts.map(({ state, text }) => `${state}: ${text}`);
    expect(judged([review('alice')])).toEqual([
      'open: business: alice signed off #7 at abcdef0',
      'open: operations: alice signed off #7 at abcdef0',
      'open: alice signed for 2 roles: business, operations',
    ]);
  });

  test('that holds only the author is shut: no waiting would help', () => {
    const one = { ...BUSINESS, from: ['@dave'] };
    expect(judge(one).decision).toMatchObject({ kind: 'blocked', reason: 'role-empty' });
    expect(judge(one).verdict?.text).toContain('and nobody may give it: dave made the change');
    const team = { ...BUSINESS, from: ['@acme/empty'] };
    expect(judge(team, { people: new Map([['acme/empty', []]]) }).decision).toMatchObject({
      reason: 'role-empty',
    });
  });

  test('of a team counts its members, and is shut when the team cannot be read', () => {
    const team = { ...BUSINESS, from: ['@Acme/Business'] };
    const facts = { reviews: [review('carol')] };
    expect(judge(team, { ...facts, people: new Map([['acme/business', ['Carol']]]) }).verdict).toMatchObject({
      state: 'open',
    });
    const { decision, verdict } = judge(team, { ...facts, people: new Map([['acme/business', null]]) });
    expect(decision).toMatchObject({ kind: 'blocked', reason: 'team-unreadable' });
    expect(verdict?.evidence).toContain('the team acme/business could not be read');
  });
});

describe('what has to be signed off', () => {
  const brought = (sha: string, pulls: readonly PullRequest[]) => ({ ...commit(sha), pulls });
  const numbers = (commits: Parameters<typeof pullsToSign>[0], recorded: readonly string[] = []) => {
    const { pulls, direct } = pullsToSign(commits, { sha: HEAD, recorded });
    return { pulls: pulls.map(({ number }) => number), direct: direct.map(({ sha }) => sha) };
  };

  test('are the merged pull requests, each once, and the commits without one', () => {
    const other = { ...PULL, number: 3 };
    expect(numbers([brought(HEAD, [PULL]), brought(OTHER, [PULL, other]), brought('1', [])])).toEqual({
      pulls: [3, 7],
      direct: ['1'],
    });
  });

  test('is an open pull request only when its head is released, and never one that was closed', () => {
    const open = { ...PULL, state: 'open' } as const;
    expect(numbers([brought(OTHER, [open])])).toEqual({ pulls: [7], direct: [] });
    expect(numbers([brought(OTHER, [{ ...open, head: OTHER }])])).toEqual({ pulls: [], direct: [OTHER] });
    expect(numbers([brought(HEAD, [{ ...PULL, state: 'closed' }])])).toEqual({ pulls: [], direct: [HEAD] });
  });

  test('is not the rollback commit that the ledger records', () => {
    expect(numbers([brought(OTHER, [])], [OTHER])).toEqual({ pulls: [], direct: [] });
  });
});

describe('a commit without a pull request', () => {
  const direct = [commit(HEAD, { committer: 'grace' })];
  const asked = (by: string | null, change: object = {}) =>
    judgeSignOff([BUSINESS], {
      ...{ environment: 'production', actor: 'zoe', sha: HEAD, pulls: [], direct, people: new Map() },
      runApprovals: [{ by, state: 'approved', environments: ['Production'], ...change }],
    });

  test('is signed off by a reviewer of the environment', () => {
    const { verdicts, signOffs } = asked('frank');
    expect(decide(verdicts)).toEqual({ kind: 'go' });
    expect(signOffs).toEqual([expect.objectContaining({ role: 'environment', by: 'frank', commit: HEAD })]);
  });

  test.each([
    ['the author of the commit', 'dave', {}],
    ['who committed it', 'Grace', {}],
    ['who started the run', 'Zoe', {}],
    ['a reviewer of another environment', 'frank', { environments: ['staging'] }],
    ['a reviewer who refused', 'frank', { state: 'rejected' }],
    ['an account that is gone', null, {}],
  ])('is not signed off by %s', (_, by, change) => {
    expect(decide(asked(by, change).verdicts)).toMatchObject({ kind: 'waiting', reason: 'sign-off-missing' });
  });

  test('whose author GitHub does not name is signed off by nobody, and that is said', () => {
    const { verdicts } = judgeSignOff([BUSINESS], {
      ...{ environment: 'production', actor: 'zoe', sha: HEAD, pulls: [], people: new Map() },
      direct: [commit(HEAD, { author: null })],
      runApprovals: [{ by: 'frank', state: 'approved', environments: ['production'] }],
    });
    expect(decide(verdicts)).toMatchObject({ kind: 'waiting', reason: 'sign-off-missing' });
    expect(verdicts[0]?.evidence.join()).toContain('GitHub names no account as the author of abcdef0');
  });

  test('is shut when the reviewers cannot be read', () => {
    const { verdicts } = judgeSignOff([BUSINESS], {
      ...{ environment: 'production', actor: 'zoe', sha: HEAD, pulls: [], direct, people: new Map() },
      runApprovals: null,
    });
    expect(decide(verdicts)).toMatchObject({ kind: 'blocked', reason: 'sign-off-unknown' });
  });
});
