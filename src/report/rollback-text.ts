import type { EffectState, ReleaseState } from '../release/state.js';
import { code, fence, inline, link } from './markdown.js';
import { weightVerified } from './situation.js';

/** What was taken back, in its order, with what is proved of it. Markdown. */
export function rollbackSteps(state: ReleaseState, repository: string): string {
  const lines = [
    `**Traffic:** ${trafficStep(state)}`,
    ...(state.started.data ? [`**Data:** ${dataStep(state)}`] : []),
    `**Rollback script:** ${effectWord(state.effects.rollback, 'not run: nothing was deployed, or nothing to go back to')}`,
    `**Canary removed:** ${effectWord(state.effects.remove, 'not run')}`,
    `**Rollback commit:** ${commitStep(state, repository)}`,
    ...(state.effects['last-resort'].begun
      ? [`**Last resort:** ${effectWord(state.effects['last-resort'], '')}`]
      : []),
    `**Version in service:** ${versionStep(state)}`,
  ];
  return lines.map((line, index) => `${index + 1}. ${line}`).join('\n');
}

/** The commands that a person still has to run, as a block; empty when there are none. */
export function commandsLeft(state: ReleaseState): string {
  const commands = state.rollbackCommit?.commands ?? [];
  const parts = [
    commands.length === 0 ? '' : `The rollback commit is left to a person:\n\n${fence(commands, 'bash')}`,
    dataLeft(state),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** The files of the rollback commit, or those that it would have to touch; empty when there are none. */
export function filesTouched(state: ReleaseState, most = 100): string {
  const files = state.rollbackCommit?.files ?? [];
  if (files.length === 0) return '';
  const more = files.length > most ? `\n- and ${files.length - most} more` : '';
  const verb = state.rollbackCommit?.result === 'done' ? 'Files taken back' : 'Files concerned';
  return `${verb}:\n\n${files
    .slice(0, most)
    .map((file) => `- ${code(file)}`)
    .join('\n')}${more}`;
}

function dataStep(state: ReleaseState): string {
  const { dataRestored, effects } = state;
  if (!dataRestored) return effectWord(effects.restore, 'not restored, and not touched');
  const words = { done: 'restored', untouched: 'NOT RESTORED, and not touched', left: 'LEFT TO A PERSON' };
  return `${words[dataRestored.result]} (${inline(dataRestored.note)})`;
}

function dataLeft(state: ReleaseState): string {
  const { commands, result } = state.dataRestored ?? { commands: [] };
  const what =
    result === 'done' ? 'The data is restored; writing is left to a person' : 'The data is left to a person';
  return commands.length === 0 ? '' : `${what}:\n\n${fence(commands, 'bash')}`;
}

function trafficStep(state: ReleaseState): string {
  if (!state.effects.traffic.begun) return 'not moved by this release, so nothing to take back';
  if (state.weight === null) return 'NOT KNOWN: the last move failed or has no outcome';
  const proof = weightVerified(state) ? 'read back' : 'unverified';
  return `${state.weight} % on the canary, ${proof}`;
}

function effectWord(effect: EffectState, never: string): string {
  if (!effect.begun) return never;
  if (effect.pending) return 'begun, outcome NOT KNOWN';
  return effect.ok ? 'done' : 'FAILED';
}

function commitStep(state: ReleaseState, repository: string): string {
  const made = state.rollbackCommit;
  if (!made) return effectWord(state.effects['rollback-commit'], 'none');
  const note = made.note === '' ? '' : ` (${inline(made.note)})`;
  if (made.result === 'pull-request' && made.url)
    return `WAITS for ${link('the pull request', made.url)}${note}`;
  if (made.result === 'incident') {
    return `LEFT TO A PERSON${made.url ? `, from ${link('this branch', made.url)}` : ''}${note}`;
  }
  if (made.result === 'none' || made.commit === null) return `none${note}`;
  return `${link(made.commit.slice(0, 7), `${repository}/commit/${made.commit}`)}${note}`;
}

function versionStep(state: ReleaseState): string {
  const previous = state.started.previous?.version;
  if (state.inService === undefined) return 'not read back, so unverified';
  if (state.inService === null) return 'could NOT be read back';
  if (state.inService === previous) return `${code(state.inService)}, the previous version, read back`;
  const expected = previous === undefined ? 'no previous version is known' : `expected ${code(previous)}`;
  return `${code(state.inService)}, read back; ${expected}`;
}
