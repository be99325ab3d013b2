import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Collected, EvidenceReason, Facts } from '../../src/evidence/contract.js';
import { createEvidence } from '../../src/evidence/reader.js';
import type { EvidenceSource } from '../../src/plan/plan.js';

export const SECRET = 'hunter2-hunter2';
export type Files = Readonly<Record<string, string | Buffer>>;

export interface Workspace {
  readonly directory: string;
  write(files: Files): Promise<void>;
  /** Notes what is there, lets `suite` write, and reads. */
  collect(source: EvidenceSource, suite: Files | (() => Promise<void>)): Promise<Collected>;
  facts<K extends EvidenceSource['kind']>(
    source: EvidenceSource & { readonly kind: K },
    suite: Files,
  ): Promise<Extract<Facts, { kind: K }>>;
  /** `<reason>: <message>`; fails when the evidence could be read. */
  problem(source: EvidenceSource, suite: Files | (() => Promise<void>)): Promise<string>;
  remove(): Promise<void>;
}

export async function makeWorkspace(): Promise<Workspace> {
  const root = await mkdtemp(join(tmpdir(), 'evidence-'));
  const directory = join(root, 'workspace');
  await mkdir(directory);
  const reader = createEvidence({
    redactor: { redact: (text) => text.replaceAll(SECRET, '***'), add: () => undefined },
    root: directory,
  });
  const write = async (files: Files) => {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), content);
    }
  };
  const collect: Workspace['collect'] = async (source, suite) => {
    const expected = await reader.expect([source], { directory });
    await (typeof suite === 'function' ? suite() : write(suite));
    const [collected] = await expected.collect({ signal: new AbortController().signal });
    if (collected === undefined) throw new Error('nothing was collected');
    return collected;
  };
  return {
    directory,
    write,
    collect,
    async facts(source, suite) {
      const collected = await collect(source, suite);
      if ('problem' in collected) throw collected.problem;
      return collected.facts as never;
    },
    async problem(source, suite) {
      const collected = await collect(source, suite);
      if (!('problem' in collected)) throw new Error(`was read: ${JSON.stringify(collected.facts)}`);
      return `${collected.problem.reason satisfies EvidenceReason}: ${collected.problem.message}`;
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** Written by the tool of its name; the README beside them says how. */
export function fixture(name: string): Promise<string> {
  return readFile(join(import.meta.dirname, 'fixtures', name), 'utf8');
}

export const junit = (...files: readonly string[]) => ({ kind: 'junit', files }) as const;
export const sarif = (...files: readonly string[]) =>
  ({ kind: 'sarif', files, failOn: 'high', newOnly: false }) as const;
export const report = (...paths: readonly string[]) =>
  ({
    kind: 'report',
    files: ['bench.json'],
    limits: paths.map((path) => ({ path, kind: 'absolute', comparison: '<=', value: 1 }) as const),
  }) as const;
