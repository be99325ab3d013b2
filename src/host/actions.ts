import { appendValue, printCommand, printLine } from './commands.js';
import type { Log, Redactor } from './contract.js';
import { createCommandGuard } from './guard.js';

/** The runner cuts annotations at 4,096 characters, in the middle of whatever stands there. */
const LONGEST_ANNOTATION = 4000;

/** One for the process, as the runner keeps one command state for all that the process prints. */
const guard = createCommandGuard(printLine);

/** The log of the step. All it prints is redacted, and no text given to `info` is taken for a workflow command. */
export function createLog(redactor: Redactor): Log {
  const annotation = (message: string) => shorten(redactor.redact(message));
  return {
    info: (line) => guard.print(redactor.redact(line)),
    warning: (message) => command('warning', annotation(message)),
    error: (message, title) =>
      command('error', annotation(message), title === undefined ? {} : { title: redactor.redact(title) }),
    async group(title, work) {
      command('group', redactor.redact(title));
      try {
        return await work();
      } finally {
        command('endgroup', '');
      }
    },
  };
}

/** Makes the runner hide a value in this job's log from now on. An empty value is ignored. */
export function maskInLog(value: string): void {
  if (value.trim() !== '') command('add-mask', value);
}

export function setOutput(name: string, value: string): void {
  appendValue(process.env.GITHUB_OUTPUT, name, value);
}

/** Hands a value to the post step. It arrives even when this process is killed right afterwards. */
export function saveState(name: string, value: string): void {
  appendValue(process.env.GITHUB_STATE, name, value);
}

/** What main saved; empty when it saved nothing. */
export function readState(name: string): string {
  return process.env[`STATE_${name}`] ?? '';
}

function command(name: string, message: string, properties: Readonly<Record<string, string>> = {}): void {
  guard.leave();
  printCommand(name, message, properties);
}

function shorten(message: string): string {
  return message.length <= LONGEST_ANNOTATION ? message : `${message.slice(0, LONGEST_ANNOTATION)} …`;
}
