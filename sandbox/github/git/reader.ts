import { type ChildProcess, spawn } from 'node:child_process';
import { looseObject } from './loose.js';
import { isolatedEnvironment } from './process.js';

export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag';

export interface ObjectInfo {
  readonly oid: string;
  readonly type: ObjectType;
  /** In bytes. */
  readonly size: number;
}

export interface GitObject extends ObjectInfo {
  readonly data: Buffer;
}

interface Question {
  readonly contents: boolean;
  readonly answer: (object: GitObject | null) => void;
  readonly fail: (error: Error) => void;
}

/** Reads objects: those with a file of their own here, others through one long-lived `git cat-file`. */
export class ObjectReader {
  readonly #repository: string;
  #child: ChildProcess | null = null;
  #stopped = false;
  #questions: Question[] = [];
  #received: Buffer = Buffer.alloc(0);

  constructor(repository: string) {
    this.#repository = repository;
  }

  /** What a revision such as `refs/heads/main:path` names; null when there is no such thing. */
  async info(revision: string): Promise<ObjectInfo | null> {
    return this.#ask('info', revision);
  }

  async read(revision: string): Promise<GitObject | null> {
    return this.#ask('contents', revision);
  }

  /** What is asked from now on is refused: a late request must not leave a process behind. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const child = this.#child;
    if (child === null) return;
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.stdin?.end();
    await closed;
  }

  #ask(command: 'info' | 'contents', revision: string): Promise<GitObject | null> {
    // A line is a question: what holds a line break or a NUL names nothing.
    if (revision === '' || /[\n\0]/.test(revision)) return Promise.resolve(null);
    if (this.#stopped) return Promise.reject(new Error(`Reading from ${this.#repository} has been stopped.`));
    const found = looseObject(this.#repository, revision);
    if (found !== 'unknown') return Promise.resolve(found);
    return new Promise((answer, fail) => {
      this.#questions.push({ contents: command === 'contents', answer, fail });
      this.#running().stdin?.write(`${command} ${revision}\n`);
    });
  }

  #running(): ChildProcess {
    if (this.#child !== null) return this.#child;
    const child = spawn('git', ['cat-file', '--batch-command'], {
      cwd: this.#repository,
      env: isolatedEnvironment(),
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
      this.#deliver();
    });
    child.stdin?.on('error', () => {});
    child.once('error', (error) => this.#ended(error));
    child.once('close', () => this.#ended(new Error(`git cat-file ended in ${this.#repository}`)));
    this.#child = child;
    return child;
  }

  #deliver(): void {
    for (let [question] = this.#questions; question !== undefined; [question] = this.#questions) {
      const end = this.#received.indexOf('\n');
      if (end < 0) return;
      const header = /^([0-9a-f]{40}) (blob|tree|commit|tag) (\d+)$/.exec(
        this.#received.toString('utf8', 0, end),
      );
      const size = Number(header?.[3] ?? 0);
      const body = header !== null && question.contents ? size + 1 : 0;
      if (this.#received.length < end + 1 + body) return;
      const data = Buffer.from(this.#received.subarray(end + 1, end + 1 + Math.max(0, body - 1)));
      this.#received = this.#received.subarray(end + 1 + body);
      this.#questions.shift();
      question.answer(
        header === null ? null : { oid: header[1] ?? '', type: header[2] as ObjectType, size, data },
      );
    }
  }

  #ended(error: Error): void {
    this.#child = null;
    this.#received = Buffer.alloc(0);
    const left = this.#questions;
    this.#questions = [];
    for (const question of left) question.fail(error);
  }
}
