import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync } from 'node:fs';
import { describe } from '@jest/globals';

/** A real program that some tests need, and how to see that it is there. */
interface Component {
  /** Debian's package; `script/components` installs all of them. */
  readonly package: string;
  isInstalled(): boolean;
}

const onPath = (command: string) => () =>
  spawnSync('bash', ['-c', 'command -v "$1"', 'bash', command]).status === 0;

const COMPONENTS = {
  restic: { package: 'restic', isInstalled: onPath('restic') },
  rclone: { package: 'rclone', isInstalled: onPath('rclone') },
  sqlite3: { package: 'sqlite3', isInstalled: onPath('sqlite3') },
  haproxy: { package: 'haproxy', isInstalled: () => onPath('haproxy')() || existsSync('/usr/sbin/haproxy') },
  prometheus: { package: 'prometheus', isInstalled: onPath('prometheus') },
  postgresql: {
    package: 'postgresql',
    isInstalled: () => spawnSync('bash', ['-c', 'ls /usr/lib/postgresql/*/bin/initdb']).status === 0,
  },
  mariadb: {
    package: 'mariadb-server',
    isInstalled: () => onPath('mariadbd')() || existsSync('/usr/sbin/mariadbd'),
  },
} as const satisfies Readonly<Record<string, Component>>;

export type ComponentName = keyof typeof COMPONENTS;

/**
 * `describe` where all named components are installed; else `describe.skip`, and the end of the run says what was
 * left out. With `GATED_RELEASE_COMPONENTS=required` a missing one is a failure.
 */
export function needs(...names: readonly ComponentName[]): typeof describe | typeof describe.skip {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return describe;
  const packages = missing.map((name) => COMPONENTS[name].package).join(', ');
  if (process.env.GATED_RELEASE_COMPONENTS === 'required') {
    throw new Error(`these tests need ${packages}, which is not installed; run: bash script/components`);
  }
  noteLeftOut(packages);
  return describe.skip;
}

const known = new Map<ComponentName, boolean>();

export function isInstalled(name: ComponentName): boolean {
  const found = known.get(name) ?? COMPONENTS[name].isInstalled();
  known.set(name, found);
  return found;
}

/** Test files run in processes of their own; the run's reporter gathers what they note. */
function noteLeftOut(packages: string): void {
  const file = process.env.GATED_RELEASE_LEFT_OUT;
  if (file) appendFileSync(file, `${packages}\n`);
}
