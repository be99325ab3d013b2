import { notFound } from '../answer.js';
import type { Scope } from '../tokens.js';
import type { World } from '../world.js';
import type { IssueRecord } from './issues.js';
import type { PullRecord } from './pulls.js';

/** What a number stands for, and what has comments and labels. */
export type Subject = IssueRecord | PullRecord;

/** A pull request is an issue too, and its own permission is enough for what both have. */
export const EITHER: readonly Scope[] = ['issues', 'pull-requests'];

/** The issue or pull request of a number. */
export function subject(world: World, number: string | undefined): Subject {
  const found = [...world.issues, ...world.pulls].find((candidate) => candidate.number === Number(number));
  if (found === undefined) throw notFound();
  return found;
}
