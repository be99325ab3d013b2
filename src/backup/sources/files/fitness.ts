import { accessSync, constants, lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { Breath } from '../../breath.js';
import { BackupProblem, listed } from '../../problem.js';
import type { SourceContext } from '../../provider.js';
import type { Place } from './place.js';
import { isWithin, surveyBroken } from './selection.js';
import { liveUnits } from './units.js';

/** Rejects with all that is known to stand against putting restored files in place by renames. Only reads. */
export async function refuseUnfit(
  globs: readonly string[],
  { context, place }: { readonly context: SourceContext; readonly place: Place },
): Promise<void> {
  const { workspace, excluded } = context;
  const { dev } = lstatSync(place.home === '' ? workspace : `${workspace}/${place.home}`);
  const mounted: string[] = [];
  const breath = new Breath(context.signal);
  for (const found of surveyBroken(globs, context)) {
    if (breath.isDue()) await breath.take();
    const isBelow = place.home === '' || isWithin(found.path, place.home);
    if (isBelow && found.dev !== dev && !isWithin(found.path, mounted.at(-1) ?? '/'))
      mounted.push(found.path);
  }
  const units = await liveUnits(globs, context);
  const isDirectory = (unit: string) => lstatSync(`${workspace}/${unit}`).isDirectory();
  const problems = [
    ...told(
      mounted,
      'lies on another file system than what is around it, so no rename puts anything in its place; back it up by a source of its own whose patterns begin inside of it (`data/*`)',
    ),
    ...told(
      units.filter((unit) => excluded.some((store) => isWithin(store, `${workspace}/${unit}`))),
      'holds the store of the backups, which would be moved away with it; choose patterns that do not cover the store',
    ),
    ...told(
      parentsOf(units, place).filter((path) => !isWritable(`${workspace}/${path}`)),
      'cannot be written by the user that runs this job, so nothing in it can be replaced',
    ),
    ...told(
      units.filter((unit) => isDirectory(unit) && !isWritable(`${workspace}/${unit}`)),
      'is a directory without the right to write, which only root can move; allow it, or run the rollback as root',
    ),
  ];
  if (problems.length > 0) throw new BackupProblem('failed', problems.join('; '));
}

function parentsOf(units: readonly string[], { home }: Place): readonly string[] {
  return [...new Set([home, ...units.map((unit) => dirname(unit))])];
}

function told(paths: readonly string[], what: string): readonly string[] {
  return paths.length === 0 ? [] : [`${listed(paths)} ${what}`];
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
