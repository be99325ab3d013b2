import type { ProgramEnd } from '../../../host/contract.js';
import { BackupProblem, type BackupProblemCode } from '../../problem.js';
import { saidAtTheEnd } from '../../said.js';
import { quotedWithVariables } from '../../shell.js';
import { toolMissing } from '../../tool.js';
import type { Repository } from './command.js';

interface Kind {
  /** restic's exit code since 0.17; earlier versions say 1 for all of them. */
  readonly exitCode?: number;
  /** What restic says, in all versions from 0.14 to 0.18. */
  readonly says: RegExp;
  readonly code: BackupProblemCode;
  readonly what: (place: { readonly shown: string; readonly word: string }) => string;
}

const IS_AWAY =
  /connection refused|no such host|i\/o timeout|no route to host|network is unreachable|connection reset|TLS handshake|dial tcp/i;

/** The failures that a person mends in different ways, the most telling first. All others are told in restic's words. */
const KINDS: readonly Kind[] = [
  {
    exitCode: 12,
    says: /wrong password or no key found/i,
    code: 'store-unusable',
    what: ({ shown }) =>
      `the password does not open the repository ${shown}; give the step the right one in RESTIC_PASSWORD`,
  },
  {
    exitCode: 11,
    says: /already locked|unable to create lock/i,
    code: 'store-unusable',
    what: ({ shown }) =>
      `the repository ${shown} is locked by another restic; wait until that has ended. If it was lost, its lock counts as stale after half an hour, or at once by \`restic unlock --remove-all\``,
  },
  {
    says: /no space left on device|disk quota exceeded|insufficient storage|QuotaExceeded/i,
    code: 'store-unusable',
    what: ({ shown }) => `the repository ${shown} is full; make room there`,
  },
  {
    says: IS_AWAY,
    code: 'store-unusable',
    what: ({ shown }) => `the repository ${shown} cannot be reached; see that its server is up`,
  },
  {
    exitCode: 10,
    says: /is there a repository at the following location|unable to open config file|repository does not exist/i,
    code: 'store-unusable',
    what: ({ shown, word }) =>
      `there is no repository ${shown}; make it once, with the same password: RESTIC_REPOSITORY=${word} restic init`,
  },
];

/**
 * What restic says of a file that its repository should have, whole. It asks again for a quarter of an hour. A bare
 * EOF is an empty file, unless a server gave it.
 */
const IS_GONE =
  /no such file or directory|does not exist|not found|\b404\b|unexpected EOF|^Load\((?!.*:\/\/).*: EOF$/i;

/** Why restic was stopped after it had waited too long: for a store that is away, or for a file that is gone. */
export function stallOf(stall: BackupProblem, end: ProgramEnd, repository: Repository): BackupProblem {
  const last = end.tail.map(plain).findLast((line) => IS_GONE.test(line) || IS_AWAY.test(line));
  if (last === undefined || IS_AWAY.test(last)) return stall;
  return damaged(
    `restic waited in vain for a file of the repository ${JSON.stringify(repository.shown)}; ${saidAtTheEnd([last])}`,
  );
}

/**
 * Turns the way in which `restic` ended into what people can act on. `doing` is what it was asked for. An exit code
 * that is not known is a failure. While it reads back, what cannot be told apart counts as damage.
 */
export function failureOf(
  end: ProgramEnd,
  repository: Repository,
  { doing, reads = false }: { readonly doing: string; readonly reads?: boolean },
): BackupProblem {
  if (end.outcome === 'missing') return toolMissing('restic', 'restic');
  const said = end.tail.map(plain);
  const text = said.join('\n');
  const place = { shown: JSON.stringify(repository.shown), word: quotedWithVariables(repository.shown) };
  const found =
    KINDS.find(({ exitCode }) => exitCode !== undefined && exitCode === end.exitCode) ??
    KINDS.find(({ says }) => says.test(text));
  if (found !== undefined)
    return new BackupProblem(found.code, `${found.what(place)} (${saidAtTheEnd(said)})`);
  const how = end.exitCode === null ? `was ended by ${end.signal}` : `failed with exit code ${end.exitCode}`;
  const told = `restic ${how} while ${doing} the repository ${place.shown}; ${saidAtTheEnd(said)}`;
  return reads ? damaged(told) : new BackupProblem('store-unusable', told);
}

function damaged(told: string): BackupProblem {
  return new BackupProblem(
    'damaged',
    `${told}. Run \`restic check --read-data\` to see how much is damaged, and take the backup again`,
  );
}

/** With `--json`, newer versions also say why they fail in JSON. */
function plain(line: string): string {
  if (!line.startsWith('{')) return line;
  try {
    const value: unknown = JSON.parse(line);
    const message = typeof value === 'object' && value !== null && 'message' in value ? value.message : null;
    return typeof message === 'string' ? message : line;
  } catch {
    // A line cut off at its width: it is quoted as it came.
    return line;
  }
}
