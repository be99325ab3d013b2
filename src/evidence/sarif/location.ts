import type { Tree } from '../../plan/path.js';
import type { Places } from '../provider.js';
import { indexAt, listAt, textAt, treeAt } from './read.js';

export interface AlertPlace {
  readonly path: string | null;
  readonly line: number | null;
  /** As the report writes it, for what is not in the repository: an image, a package. */
  readonly written: string;
}

/** The first place of a result: the others are mostly the way there. */
export async function locationOf(of: {
  readonly run: Tree;
  readonly result: Tree;
  readonly places: Places;
}): Promise<AlertPlace> {
  const [first] = listAt(of.result, 'locations');
  const physical = treeAt(first ?? {}, 'physicalLocation');
  const written = uriOf(of.run, treeAt(physical, 'artifactLocation'));
  // Trivy calls the directory that it scanned the root of the machine.
  const scanned = decoded(written.replace(/^file:\/\/\//, ''));
  const path = scanned === '' ? null : ((await of.places.find(written)) ?? (await of.places.find(scanned)));
  const line = indexAt(treeAt(physical, 'region'), 'startLine');
  return { path, line: path === null ? null : Math.max(1, line ?? 1), written };
}

function uriOf(run: Tree, artifact: Tree): string {
  const index = indexAt(artifact, 'index');
  const listed = index === null ? {} : treeAt(listAt(run, 'artifacts')[index] ?? {}, 'location');
  const uri = textAt(artifact, 'uri') || textAt(listed, 'uri');
  const baseId = textAt(artifact, 'uriBaseId') || textAt(listed, 'uriBaseId');
  if (isAbsolute(uri)) return uri;
  const base = textAt(treeAt(treeAt(run, 'originalUriBaseIds'), baseId), 'uri');
  // A base that is no whole address is the root of the checkout, whatever it is called.
  return isAbsolute(base) ? `${base.replace(/\/?$/, '/')}${uri}` : decoded(uri);
}

function isAbsolute(uri: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(uri);
}

function decoded(uri: string): string {
  try {
    return decodeURIComponent(uri);
  } catch {
    // Not encoded at all, as some tools write it.
    return uri;
  }
}
