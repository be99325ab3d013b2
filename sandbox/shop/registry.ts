import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { SourceFiles } from './contract.js';
import { Refusal } from './refusal.js';

export interface Registry {
  publish(version: string, files: SourceFiles): Promise<void>;
  /** The directory of a published version. Refuses, naming the known ones, when there is none. */
  directoryOf(version: string): Promise<string>;
  versions(): string[];
}

/** The published versions, each a directory that is never written again. */
export async function openRegistry(directory: string): Promise<Registry> {
  await mkdir(directory, { recursive: true });
  const known = new Set((await readdir(directory)).filter((name) => !name.startsWith('.')));
  return {
    publish: async (version, files) => {
      checkVersion(version);
      checkPaths(files);
      const target = join(directory, version);
      if (known.has(version)) return expectSame(version, { target, files });
      const draft = join(directory, `.draft-${version}`);
      await rm(draft, { recursive: true, force: true });
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(draft, path)), { recursive: true });
        await writeFile(join(draft, path), text);
      }
      await rename(draft, target);
      known.add(version);
    },
    directoryOf: async (version) => {
      if (known.has(version)) return join(directory, version);
      const names = [...known].sort().join(', ') || 'none';
      throw new Refusal(404, `Version "${version}" is not published. Published: ${names}.`);
    },
    versions: () => [...known].sort(),
  };
}

function checkVersion(version: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/.test(version)) return;
  throw new Refusal(
    400,
    `A version is letters, digits and . _ + - and begins with one of the former: "${version}".`,
  );
}

function checkPaths(files: SourceFiles): void {
  if (files['shop/server.mjs'] === undefined)
    throw new Refusal(400, 'The files of a version lack shop/server.mjs.');
  for (const path of Object.keys(files)) {
    if (path.startsWith('/') || normalize(path) !== path || path.startsWith('..')) {
      throw new Refusal(400, `A file of a version has a plain relative path, found "${path}".`);
    }
  }
}

/** A retried release publishes again; another content under the same name would make a rollback a lie. */
async function expectSame(version: string, found: { target: string; files: SourceFiles }): Promise<void> {
  for (const [path, text] of Object.entries(found.files)) {
    const before = await readFile(join(found.target, path), 'utf8').catch(() => null);
    if (before !== text) {
      throw new Refusal(
        409,
        `Version "${version}" is published with another ${path}. Choose another version.`,
      );
    }
  }
}
