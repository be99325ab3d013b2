import { isAbsolute, relative } from 'node:path';
import type { Annotation } from './contract.js';
import { messageOf } from './failure.js';
import type { Masks } from './masks.js';
import { parseWorkflowCommand, type WorkflowCommand } from './workflow-command.js';

// R ExecutionContext.cs: _maxCountPerIssueType, _maxIssueMessageLength.
const annotationsPerLevel = 10;
const messageLength = 4096;

const outputBytes = 1024 * 1024;

/** A flood of output stays in the memory of the test that reads it; GitHub has no such limit. */
const logLength = 32 * 1024 * 1024;

/** The log of one step, and what the workflow commands in it did. */
export class StepLog {
  readonly annotations: Annotation[] = [];
  readonly outputs: Record<string, string> = {};
  /** Shared by the main and the post of one step. */
  readonly state: Record<string, string>;
  /** A command could not be carried out: the step fails even with exit code 0. */
  commandFailed = false;

  readonly #masks: Masks;
  readonly #workspace: string;
  readonly #debug: boolean;
  readonly #onLine: (line: string) => void;
  readonly #lines: string[] = [];
  #length = 0;
  #echo: boolean;
  #stopToken: string | null = null;

  constructor(options: {
    readonly masks: Masks;
    readonly state: Record<string, string>;
    readonly workspace: string;
    readonly debug: boolean;
    readonly onLine: (line: string) => void;
  }) {
    this.#masks = options.masks;
    this.state = options.state;
    this.#workspace = options.workspace;
    this.#debug = options.debug;
    this.#echo = options.debug;
    this.#onLine = options.onLine;
  }

  get text(): string {
    return this.#lines.map((line) => `${line}\n`).join('');
  }

  /** A line that the step's process printed, on stdout or stderr. R Handlers/OutputManager.cs. */
  printed(line: string): void {
    if (!this.#obey(line)) this.output(line);
  }

  /** A line of the runner itself, or one that is no command. */
  output(line: string): void {
    const masked = this.#masks.mask(line);
    this.#onLine(masked);
    if (this.#length > logLength) return;
    this.#length += masked.length + 1;
    this.#lines.push(this.#length > logLength ? '(The sandbox keeps no more of this log.)' : masked);
  }

  debug(message: string): void {
    if (this.#debug) this.output(`##[debug]${message}`);
  }

  issue(annotation: Annotation): void {
    const message = this.#masks.mask(annotation.message).slice(0, messageLength);
    const same = this.annotations.filter(({ level }) => level === annotation.level);
    if (same.length < annotationsPerLevel) this.annotations.push({ ...annotation, message });
    if (message !== '') this.output(`##[${annotation.level}]${message}`);
  }

  error(message: string): void {
    this.issue({ level: 'error', message });
  }

  /** R ActionCommandManager.cs TryProcessCommand. False: the line is ordinary output. */
  #obey(line: string): boolean {
    const command = parseWorkflowCommand(line, (name) => commands.has(name) || this.#isStopWord(name));
    if (command === null) return false;
    if (this.#stopToken !== null) {
      if (command.name !== this.#stopToken.toLowerCase()) return false;
      this.output(line);
      this.#stopToken = null;
      return true;
    }
    try {
      if (command.name === 'stop-commands') this.#stop(command.data, line);
      else this.#carryOut(command, line);
    } catch (error) {
      this.error(
        `Unable to process command '${hushed.has(command.name) ? command.name : line}' successfully.`,
      );
      this.error(messageOf(error));
      this.commandFailed = true;
    }
    return true;
  }

  #isStopWord(name: string): boolean {
    return name === 'stop-commands' || name === this.#stopToken?.toLowerCase();
  }

  #stop(token: string, line: string): void {
    const name = token.toLowerCase();
    if (token === '' || name === 'pause-logging' || name === 'stop-commands' || commands.has(name)) {
      throw new Error('You cannot use a stop token that is empty, "pause-logging" or a workflow command.');
    }
    this.#stopToken = token;
    if (token.length > 6) this.#masks.add(token);
    this.output(line);
  }

  #carryOut(command: WorkflowCommand, line: string): void {
    if (this.#echo && !hushed.has(command.name)) this.output(line);
    commands.get(command.name)?.(this, command);
  }

  addMask(value: string): void {
    if (value.trim() === '') {
      this.issue({
        level: 'warning',
        message: "Can't add secret mask for empty string in add-mask command.",
      });
      return;
    }
    if (this.#echo) this.output('::add-mask::***');
    this.#masks.add(value);
  }

  setOutput(name: string, value: string): void {
    // D output-limitations.md: 1 MB, counted in UTF-16.
    if (value.length * 2 > outputBytes)
      this.error(`The output '${name}' is larger than 1 MB and was dropped.`);
    else this.outputs[name] = value;
  }

  saveState(name: string, value: string): void {
    this.state[name] = value;
  }

  setEcho(value: string): void {
    const word = value.trim().toLowerCase();
    if (word !== 'on' && word !== 'off') throw new Error(`Invalid echo command value '${value}'.`);
    this.#echo = word === 'on';
  }

  /** Relative to the workspace, as a person sees it in the code. */
  place(path: string): string {
    const inside = relative(this.#workspace, path);
    return isAbsolute(path) && !inside.startsWith('..') ? inside : path;
  }
}

type Carry = (log: StepLog, command: WorkflowCommand) => void;

/** Never echoed. R: OmitEcho of the command extensions. */
const hushed = new Set(['add-mask', 'debug', 'error', 'warning', 'notice']);

const commands: ReadonlyMap<string, Carry> = new Map<string, Carry>([
  ['add-mask', (log, { data }) => log.addMask(data)],
  ['debug', (log, { data }) => log.debug(data)],
  ['error', (log, command) => log.issue(toAnnotation('error', log, command))],
  ['warning', (log, command) => log.issue(toAnnotation('warning', log, command))],
  ['notice', (log, command) => log.issue(toAnnotation('notice', log, command))],
  ['group', (log, { data }) => log.output(`##[group]${data}`)],
  ['endgroup', (log) => log.output('##[endgroup]')],
  ['echo', (log, { data }) => log.setEcho(data)],
  // Deprecated, and still honoured: the output of a child can forge what the step, or its post, trusts.
  ['set-output', (log, command) => log.setOutput(nameOf(command), command.data)],
  ['save-state', (log, command) => log.saveState(nameOf(command), command.data)],
  ['set-env', refuse],
  ['add-path', refuse],
  // Problem matchers are known and not applied: no action of ours uses one.
  ['add-matcher', () => {}],
  ['remove-matcher', () => {}],
]);

function refuse(_: StepLog, { name }: WorkflowCommand): void {
  throw new Error(`The \`${name}\` command is disabled. Please upgrade to using Environment Files.`);
}

function nameOf({ name, properties }: WorkflowCommand): string {
  if (properties.name === undefined)
    throw new Error(`Required field 'name' is missing in ##[${name}] command.`);
  return properties.name;
}

function toAnnotation(level: Annotation['level'], log: StepLog, command: WorkflowCommand): Annotation {
  const { title, file, line, endline, col, endcolumn } = command.properties;
  return {
    level,
    message: command.data,
    ...(title === undefined ? {} : { title }),
    ...(file === undefined ? {} : { file: log.place(file) }),
    ...whole('line', line ?? endline),
    ...whole('endLine', endline),
    ...whole('column', col),
    ...whole('endColumn', endcolumn),
  };
}

function whole<Name extends string>(name: Name, text: string | undefined): { [key in Name]?: number } {
  const value = Number.parseInt(text ?? '', 10);
  return Number.isNaN(value) ? {} : ({ [name]: value } as { [key in Name]: number });
}
