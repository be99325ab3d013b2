import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ResticPlace } from '../../plan/plan.js';
import { isOnThisMachine } from '../../plan/repositories.js';
import { expanded } from '../expand.js';
import type { StorePorts } from '../ports.js';
import { BackupProblem } from '../problem.js';
import type { BackupStore, ByHand, Label, SnapshotWriter } from '../provider.js';
import { piped, quoted, quotedWithVariables } from '../shell.js';
import { packTree } from '../tar/pack.js';
import { untar } from '../tar/unpack.js';
import { startBackup } from './restic/backup.js';
import type { Repository } from './restic/command.js';
import { dump } from './restic/dump.js';
import { checkedId, list, remove, tagsOf } from './restic/snapshots.js';

/** Where restic finds its password; it would ask at the terminal, or read it from the data, where none is given. */
const PASSWORDS = ['RESTIC_PASSWORD', 'RESTIC_PASSWORD_FILE', 'RESTIC_PASSWORD_COMMAND'];

/**
 * A repository of restic. Each backup is one snapshot with one file, streamed: `<source>`, or `<source>.tar` for a
 * tree. Its tags say what it is of; it is found by its id alone.
 */
export async function openResticStore(place: ResticPlace, ports: StorePorts): Promise<BackupStore> {
  const address = expanded(place.repository, ports.env, { what: 'the backup store', code: 'store-unusable' });
  if (!PASSWORDS.some((name) => ports.env[name])) throw noPassword();
  const directory = isOnThisMachine(address)
    ? resolve(ports.workspace, address.replace(/^local:/i, ''))
    : null;
  if (directory !== null && ports.environment === 'production' && !place.sameMachine)
    throw sameMachine(place);
  const repository: Repository = {
    programs: ports.programs,
    address: directory ?? address,
    shown: place.repository,
    timeoutMs: place.timeoutMs,
    ...(ports.signal === undefined ? {} : { signal: ports.signal }),
  };
  const shown = JSON.stringify(place.repository);
  return {
    kind: 'restic',
    caveat: `The store ${shown} is encrypted: without its password, which no report holds, it restores nothing.${directory === null ? '' : ' It is on the same machine as the release: unless it is a mounted volume, it is lost with that machine.'}`,
    isEncrypted: true,
    directories: directory === null ? [] : [await realpath(directory).catch(() => directory)],
    begin: async (label, onBytes) => createWriter(repository, label, onBytes),
    open: async (id, { source, expected }) => {
      const of = { id: checkedId(id), expected };
      return {
        stream: () => dump(repository, { ...of, file: source }),
        tree: () => untar(dump(repository, { ...of, file: `${source}.tar` })),
      };
    },
    list: (of) => list(repository, of),
    remove: (ids) => remove(repository, ids),
    byHand: (id, source) => byHand(place.repository, id, source),
  };
}

function createWriter(
  repository: Repository,
  label: Omit<Label, 'takenAt'>,
  onBytes: (count: number) => void,
): SnapshotWriter {
  const { service, environment, source } = label;
  let running: ReturnType<typeof startBackup> | null = null;
  const begin = (file: string) => {
    running = startBackup(repository, {
      file,
      host: `${service}.${environment}`,
      tags: tagsOf(label),
      onBytes,
    });
    return running;
  };
  return {
    stream: (fill) => begin(source).take(fill),
    tree: async (items) => {
      const stored = await begin(`${source}.tar`).take((sink) => packTree(items, sink));
      return [{ type: 'stream', ...stored }];
    },
    commit: () => {
      if (running !== null) return running.save();
      throw new BackupProblem('failed', 'nothing was written that could be kept');
    },
    discard: async () => running?.drop(),
  };
}

function byHand(shown: string, id: string, source: string): ByHand {
  const restic = `RESTIC_REPOSITORY=${quotedWithVariables(shown)} restic dump ${id}`;
  return {
    tree: (target) =>
      `mkdir ${quoted(target)} && ${piped(`${restic} ${quoted(`/${source}.tar`)}`, `tar --extract --preserve-permissions --no-same-owner --directory ${quoted(target)}`)}`,
    stream: `${restic} ${quoted(`/${source}`)}`,
  };
}

function noPassword(): BackupProblem {
  return new BackupProblem(
    'store-unusable',
    `restic needs the password of the repository, and none of ${PASSWORDS.join(', ')} is set; give the step one by \`env\`, from a secret`,
  );
}

function sameMachine({ repository }: ResticPlace): BackupProblem {
  return new BackupProblem(
    'store-unusable',
    `the repository ${JSON.stringify(repository)} is a directory of this machine and would be lost with it; if it outlasts it (a mounted volume), or the loss is acceptable, add \`same-machine: true\` to the store`,
  );
}
