import {
  saveState as coreSaveState,
  setOutput as coreSetOutput,
  endGroup,
  error,
  getState,
  info,
  setSecret,
  startGroup,
  warning,
} from '@actions/core';
import type { Log, Redactor } from './contract.js';
import { createCommandGuard } from './guard.js';

/** The runner cuts annotations at 4,096 characters, in the middle of whatever stands there. */
const LONGEST_ANNOTATION = 4000;

/** One for the process, as the runner keeps one command state for all that the process prints. */
const guard = createCommandGuard(info);

/** The log of the step. All it prints is redacted, and no text given to `info` is taken for a workflow command. */
export function createLog(redactor: Redactor): Log {
  const annotation = (message: string) => shorten(redactor.redact(message));
  return {
    info: (line) => guard.print(redactor.redact(line)),
    warning: (message) => command(() => warning(annotation(message))),
    error: (message, title) =>
      command(() => error(annotation(message), title === undefined ? {} : { title: redactor.redact(title) })),
    async group(title, work) {
      command(() => startGroup(redactor.redact(title)));
      try {
        return await work();
      } finally {
        command(endGroup);
      }
    },
  };
}

/** Makes the runner hide a value in this job's log from now on. An empty value is ignored. */
export function maskInLog(value: string): void {
  if (value.trim() !== '') command(() => setSecret(value));
}

export function setOutput(name: string, value: string): void {
  command(() => coreSetOutput(name, value));
}

/** Hands a value to the post step. It arrives even when this process is killed right afterwards. */
export function saveState(name: string, value: string): void {
  command(() => coreSaveState(name, value));
}

/** What main saved; empty when it saved nothing. */
export function readState(name: string): string {
  return getState(name);
}

function command(issue: () => void): void {
  guard.leave();
  issue();
}

function shorten(message: string): string {
  return message.length <= LONGEST_ANNOTATION ? message : `${message.slice(0, LONGEST_ANNOTATION)} …`;
}
