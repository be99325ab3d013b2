import type { Effect, ReleaseEvent } from '../release/events.js';
import { REASONS } from '../release/reasons.js';
import type { ReleaseEnd } from './end.js';
import { plain } from './markdown.js';
import { metricFact, tellingMetric } from './measure.js';
import { clock, duration } from './quantity.js';
import { needsPeople, situationOf } from './situation.js';

/** The last lines of the log: the decision, why, what is in service, what to do. */
export function terminalLines(end: ReleaseEnd): readonly string[] {
  const { headline, inService, traffic, toDo } = situationOf(end);
  const commands = end.state?.rollbackCommit?.commands ?? [];
  const [first = '', ...more] = end.summary.split('\n');
  return [
    logLine(bare(headline)),
    labelled('why', `${first || REASONS[end.reason].why} (${end.reason})`),
    ...more.map((line) => labelled('', line)),
    labelled('in service', bare(inService)),
    labelled('traffic', bare(traffic)),
    labelled('what to do', toDo),
    ...commands.map((command) => labelled('run', command)),
    ...(needsPeople(end.decision)
      ? end.contacts.map((contact) => labelled('call', contactText(contact)))
      : []),
    ...(end.links.report ? [labelled('report', end.links.report)] : []),
  ];
}

/** One event as one line of the live log. */
export function narrate(event: ReleaseEvent): string {
  return logLine(`${clock(event.at)} ${eventText(event)}`);
}

function eventText(event: ReleaseEvent): string {
  switch (event.type) {
    case 'started': {
      const from = event.previous ? `, after ${event.previous.version}` : '';
      return `release ${event.release}: ${event.service} ${event.version} to ${event.environment}${from}`;
    }
    case 'signed-off': {
      const what =
        event.pull === null ? event.commit.slice(0, 7) : `#${event.pull} at ${event.commit.slice(0, 7)}`;
      return `signed off: ${what} by ${event.by} (${event.role}, ${event.via})`;
    }
    case 'stage-started':
      return `${event.stage}: begins`;
    case 'stage-ended':
      return `${event.stage}: ${event.verdict}. ${event.summary}`;
    case 'intent':
      return event.effect === 'traffic'
        ? `traffic: to ${weightOf(event)} ...`
        : `${EFFECT_WORDS[event.effect]} ...`;
    case 'outcome':
      return outcomeText(event);
    case 'judged':
      return judgedText(event);
    case 'verified':
      return `verify ${event.suite}: ${event.verdict}. ${event.summary}`;
    case 'backed-up':
      return `backup ${event.source}: ${event.id}, proved ${event.proved}`;
    case 'read-back':
      return event.version === null
        ? `in service: could not be read${event.note ? `, ${event.note}` : ''}`
        : `in service: ${event.version}`;
    case 'failing':
      return `going back: ${event.summary} (${event.reason})`;
    case 'rollback-commit':
      return event.commit ? `rollback commit: ${event.commit}` : `rollback commit: none. ${event.note}`;
    case 'data-restored':
      return `data: ${event.result}. ${event.note}`;
    case 'parked':
      return `parked at ${event.weight} %: the next look is due at ${event.resume_at}, and it waits until ${event.until} at most`;
    case 'taken-over':
      return `taken over by ${event.run.url}`;
    case 'ended':
      return `ended: ${event.decision}. ${event.summary}`;
  }
}

const EFFECT_WORDS: Readonly<Record<Effect, string>> = {
  canary: 'canary deployment',
  traffic: 'traffic',
  promote: 'promotion',
  remove: 'canary removal',
  rollback: 'rollback script',
  'rollback-commit': 'rollback commit',
  'last-resort': 'last resort',
  quiesce: 'quiesce',
  restore: 'data restore',
};

function outcomeText(event: Extract<ReleaseEvent, { type: 'outcome' }>): string {
  const took = duration(event.duration_ms);
  const note = event.note ? `: ${event.note}` : '';
  if (!event.ok) return `${EFFECT_WORDS[event.effect]}: FAILED after ${took}${note}`;
  if (event.effect !== 'traffic') return `${EFFECT_WORDS[event.effect]}: done in ${took}${note}`;
  return `traffic: ${weightOf(event)} on the canary, ${event.verified ? 'read back' : 'unverified'}${note}`;
}

function judgedText(event: Extract<ReleaseEvent, { type: 'judged' }>): string {
  const metric = tellingMetric(event.metrics);
  const where = event.stage === 'canary' ? `judged at ${event.weight} %` : 'judged after promotion';
  return `${where}: ${event.verdict}${metric ? `. ${metricFact(metric)}` : ''}`;
}

function weightOf(event: { readonly weight?: number | undefined }): string {
  return event.weight === undefined ? 'an unknown weight' : `${event.weight} %`;
}

function contactText(contact: ReleaseEnd['contacts'][number]): string {
  const ways = [contact.role, contact.github, contact.url].filter((way) => way !== undefined);
  return `${contact.name}${ways.length > 0 ? ` (${ways.join(', ')})` : ''}`;
}

function labelled(label: string, text: string): string {
  return `  ${label.padEnd(12)}${logLine(text)}`;
}

/** A log has no use for the marks of inline code. */
function bare(text: string): string {
  return text.replaceAll('`', '');
}

/** The runner looks for `##[` anywhere in a line, and for `::` at its start: a line of several begins with the text. */
function logLine(line: string): string {
  return plain(line, 1000)
    .replaceAll('##[', '## [')
    .replace(/^:(?=:)/, ': ');
}
