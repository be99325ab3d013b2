import { appendValue, commandLine } from './commands.js';
import type { Log, Redactor } from './contract.js';
import { createCommandGuard } from './guard.js';

/** The runner cuts annotations at 4,096 characters, in the middle of whatever stands there. */
const LONGEST_ANNOTATION = 4000;

/** What the runner sees of the process of a step. */
export interface StepProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: { write(text: string): unknown };
}

/** The runner, as the process of a step can talk to it. */
export interface Runner {
  /** The log of the step. All it prints is redacted, and no text given to `info` is taken for a workflow command. */
  log(redactor: Redactor): Log;
  /** Makes the runner hide a value in this job's log from now on. An empty value is ignored. */
  mask(value: string): void;
  setOutput(name: string, value: string): void;
  /** Hands a value to the post step. It arrives even when this process is killed right afterwards. */
  saveState(name: string, value: string): void;
  /** What main saved; empty when it saved nothing. */
  readState(name: string): string;
}

export function createRunner({ env, stdout }: StepProcess): Runner {
  const print = (line: string) => void stdout.write(`${line}\n`);
  // One for all that is printed, as the runner keeps one command state for it.
  const guard = createCommandGuard(print);
  const command: Command = (name, message, properties) => {
    guard.leave();
    print(commandLine(name, message, properties));
  };
  return {
    log: (redactor) => logOf({ redactor, command, print: guard.print }),
    mask: (value) => {
      if (value.trim() !== '') command('add-mask', value);
    },
    setOutput: (name, value) => appendValue(env.GITHUB_OUTPUT, name, value),
    saveState: (name, value) => appendValue(env.GITHUB_STATE, name, value),
    readState: (name) => env[`STATE_${name}`] ?? '',
  };
}

type Command = (name: string, message: string, properties?: Readonly<Record<string, string>>) => void;

function logOf(to: {
  readonly redactor: Redactor;
  readonly command: Command;
  readonly print: (text: string) => void;
}): Log {
  const { redactor, command, print } = to;
  const annotation = (message: string) => shorten(redactor.redact(message));
  return {
    info: (line) => print(redactor.redact(line)),
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

function shorten(message: string): string {
  return message.length <= LONGEST_ANNOTATION ? message : `${message.slice(0, LONGEST_ANNOTATION)} …`;
}
