import { BackupProblem } from '../../problem.js';
import type { Label, StoredHead } from '../../provider.js';
import { type Repository, run } from './command.js';
import { failureOf } from './failure.js';

/** On every snapshot that is ours. */
const MARK = 'gated-release';
const FIELDS = ['release', 'service', 'environment', 'source', 'kind'] as const;

/** Tags carry the label, since they are all that a snapshot can be found by. */
export function tagsOf(label: Omit<Label, 'takenAt'>): readonly string[] {
  return [MARK, ...FIELDS.map((field) => `${field}=${label[field]}`)];
}

/** All snapshots of a source, the newest first. */
export async function list(
  repository: Repository,
  of: Pick<Label, 'service' | 'environment' | 'source'>,
): Promise<readonly StoredHead[]> {
  const { service, environment, source } = of;
  const wanted = [MARK, `service=${service}`, `environment=${environment}`, `source=${source}`];
  const end = await run(repository, ['snapshots', '--json', '--tag', wanted.join(',')]);
  if (end.outcome !== 'ok') throw failureOf(end, repository, { doing: 'listing' });
  return headsIn(end.stdout).sort((a, b) => b.takenAt.localeCompare(a.takenAt));
}

/**
 * Removes snapshots by their ids, never by a rule of restic's own, and then what no snapshot needs. What locks the
 * repository and is dead by restic's own rules is removed first: it would keep the room from being made for ever.
 */
export async function remove(repository: Repository, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const forget = ['forget', '--prune', ...ids.map(checkedId)];
  let end = await run(repository, forget, MOST_MS);
  if (end.exitCode === 11 || /already locked/.test(end.tail.join('\n'))) {
    await run(repository, ['unlock']);
    end = await run(repository, forget, MOST_MS);
  }
  if (end.outcome !== 'ok') throw failureOf(end, repository, { doing: 'removing old backups from' });
}

/** Removing may rewrite packs, which says nothing while it takes its time. */
const MOST_MS = 30 * 60_000;

/** An id may come from a ledger that others can write: it must be no option, and not `latest`. */
export function checkedId(id: string): string {
  if (/^[0-9a-f]{8,64}$/.test(id)) return id;
  throw new BackupProblem('failed', `${JSON.stringify(id)} is not the id of a snapshot of restic`);
}

function headsIn(json: string): StoredHead[] {
  const found: unknown = JSON.parse(json || '[]');
  if (!Array.isArray(found)) return [];
  return found.flatMap(headIn);
}

/** Nothing for what is not labelled as ours in full. */
function headIn(value: unknown): readonly StoredHead[] {
  if (typeof value !== 'object' || value === null) return [];
  const { id, time, tags } = value as { id?: unknown; time?: unknown; tags?: unknown };
  if (typeof id !== 'string' || typeof time !== 'string' || !Array.isArray(tags)) return [];
  const field = (name: (typeof FIELDS)[number]) => {
    const tag: unknown = tags.find((one) => typeof one === 'string' && one.startsWith(`${name}=`));
    return typeof tag === 'string' ? tag.slice(name.length + 1) : '';
  };
  const [release, service, environment, source, kind] = FIELDS.map(field);
  if (!release || !service || !environment || !source || !kind) return [];
  return [{ id, release, service, environment, source, kind, takenAt: new Date(time).toISOString() }];
}
