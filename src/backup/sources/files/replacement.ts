import { chownSync, existsSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import type { FilesSource } from '../../../plan/plan.js';
import { runTool } from '../../flow.js';
import type { SourcePorts } from '../../ports.js';
import { BackupProblem } from '../../problem.js';
import type { Replacement, SourceContext } from '../../provider.js';
import { refuseWithoutRoom } from '../../room.js';
import { quoted } from '../../shell.js';
import { contentIn } from './copy.js';
import { exchangeIn, type Move, move } from './exchange.js';
import { refuseUnfit } from './fitness.js';
import { giveToOwners } from './ownership.js';
import { parsePattern } from './patterns.js';
import { isPlaceOf, type Place, placeFor } from './place.js';
import { restoreTree } from './restore.js';
import { select } from './selection.js';
import { swapScript } from './swap-script.js';
import { TreeContent } from './tree-content.js';
import { inodeOf, liveUnits, readUnits, type Unit, unitsOf, writeUnits } from './units.js';

/** Puts restored files in the place of the live ones by renames, each in one step. */
export function filesReplacement({ files, name }: FilesSource, { programs }: SourcePorts): Replacement {
  const placeOf = ({ workspace }: SourceContext, token: string) =>
    placeFor(files, { workspace, name, token });

  return {
    async claim(context) {
      const { workspace } = context;
      const patterns = files.map(parsePattern);
      const bases = patterns.map(({ base }) => base).filter((base) => base !== '');
      const below = [...bases, ...(await liveUnits(files, context))].map((path) => `${workspace}/${path}`);
      return {
        paths: [...below, placeOf(context, 'none').directory],
        covers: (path) => {
          const within = relative(workspace, path);
          return !within.startsWith('..') && patterns.some(({ matches }) => matches(within));
        },
      };
    },

    async check(context, bytes) {
      const place = placeOf(context, 'none');
      await refuseUnfit(files, { context, place });
      await refuseWithoutRoom(dirname(place.directory), bytes);
    },

    checkSavable: async (context) => void (await select(files, context)),

    async removeLeftovers(context) {
      const home = dirname(placeOf(context, 'none').directory);
      const left = readdirSync(home)
        .filter((entry) => isPlaceOf(entry, name))
        .map((entry) => `${home}/${entry}`)
        // What was live lies in those that came to a swap, and stays.
        .filter((path) => isEmpty(`${path}/before`));
      for (const path of left) await rm(path, { recursive: true, force: true });
      return left;
    },

    async restoreBeside(stored, { context, token }) {
      await rm(placeOf(context, token).directory, { recursive: true, force: true });
      const place = placeOf(context, token);
      await refuseUnfit(files, { context, place });
      makePlace(place, context);
      const seen = new TreeContent();
      const { restored } = place;
      const { signal } = context;
      const within = { scratch: restored, ...(signal ? { signal } : {}) };
      await restoreTree(stored, { context: within, onEntry: (entry) => seen.add(entry) });
      await giveToOwners(restored, context);
      const copy = await contentIn(restored, { like: seen, signal });
      const units = await unitsOf(files, { context, restored });
      writeFileSync(place.script, swapScript(relative(place.directory, context.workspace)), { mode: 0o600 });
      writeUnits(place.units, units);
      // All at once: for each of very many files by itself, the disk would take minutes.
      const args = ['--file-system', place.directory];
      await runTool(programs, { name: 'sync', command: 'sync', args, ...(signal ? { signal } : {}) });
      return { original: seen.content(), copy };
    },

    async swap(context, token) {
      const place = placeOf(context, token);
      const exchange = await exchangeIn(place.directory, programs);
      const done: Move[] = [];
      try {
        for (const { path } of ready(place)) {
          const step = movesOf(path, { place, context });
          await move(step, exchange);
          done.push(step);
        }
      } catch (error) {
        // All or nothing: what cannot be put back either is found by who looks next.
        for (const { from, live, aside } of done.reverse())
          await move({ from: aside, live, aside: from }, exchange).catch(() => undefined);
        throw error;
      }
      await runTool(programs, { name: 'sync', command: 'sync', args: ['--file-system', place.directory] });
    },

    async look(context, token) {
      const place = placeOf(context, token);
      const found = new Set(
        (readUnits(place.units) ?? []).map((unit) => placeOfUnit(unit, { place, context })),
      );
      if (found.size > 1) return 'between';
      const [only] = found;
      return only ?? 'live';
    },

    async commands(context, token) {
      const command = `bash ${quoted(placeOf(context, token).script)}`;
      return { finish: [`${command} finish`], undo: [`${command} undo`] };
    },
  };
}

function isEmpty(directory: string): boolean {
  return !existsSync(directory) || readdirSync(directory).length === 0;
}

/** Private, as live files may be; it belongs to whom the directory belongs that it is in. */
function makePlace({ home, directory, restored, before }: Place, { workspace }: SourceContext): void {
  const { uid, gid } = lstatSync(`${workspace}/${home}`);
  for (const path of [directory, restored, before]) mkdirSync(path, { mode: 0o700 });
  if (process.getuid?.() !== 0) return;
  for (const path of [directory, restored, before]) chownSync(path, uid, gid);
}

function ready({ units, directory }: Place): readonly Unit[] {
  const found = readUnits(units);
  if (found !== null) return found;
  throw new BackupProblem('failed', `${directory} holds nothing that is ready to be put in place`);
}

function movesOf(
  path: string,
  { place, context }: { readonly place: Place; readonly context: SourceContext },
): Move {
  return {
    from: `${place.restored}/${path}`,
    live: `${context.workspace}/${path}`,
    aside: `${place.before}/${path}`,
  };
}

function placeOfUnit(
  { path, inode }: Unit,
  of: { readonly place: Place; readonly context: SourceContext },
): 'live' | 'restored' | 'between' {
  const { live, aside } = movesOf(path, of);
  const now = inodeOf(live);
  if (now === inode) return 'restored';
  // Only where there is no exchange: the old one away, the new one not yet there.
  return now === null && inodeOf(aside) !== null ? 'between' : 'live';
}
