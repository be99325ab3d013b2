import { finished } from 'node:stream';
import type { ScriptRequest } from './contract.js';
import type { ScriptOutput } from './output.js';
import { pump, writeTo } from './pump.js';
import type { ScriptProcess } from './script-process.js';

export interface Streams {
  /**
   * To be called when no process of the script is alive. `held-open`: a stranger still holds a pipe, and what
   * the script itself wrote has been taken.
   */
  finish(): Promise<'finished' | 'held-open'>;
  close(): void;
}

/** Connects a script's input and outputs with where they come from and go to. */
export function connectStreams(options: {
  readonly request: ScriptRequest;
  readonly script: ScriptProcess;
  readonly output: ScriptOutput;
  /** Called when data was lost on the way, with the reason. */
  readonly onBroken: (reason: string) => void;
}): Streams {
  const { request, script, output, onBroken } = options;
  const { stdin, stdout: target } = request;
  if (stdin && script.stdin) feed({ source: stdin, sink: script.stdin, onBroken });
  target?.on('error', (error: Error) => onBroken(`its output could not be taken: ${error.message}`));
  const pumps = [
    pump(script.stdout, target ? writeTo(target) : output.stdout.write),
    pump(script.stderr, output.stderr.write),
  ];
  return {
    async finish() {
      const drained = await Promise.all(pumps.map((one) => one.drain()));
      if (target) await new Promise<void>((resolve) => target.end(resolve));
      return drained.every(Boolean) ? 'finished' : 'held-open';
    },
    close() {
      for (const one of pumps) one.cut();
    },
  };
}

/** A script may end without reading all of its input; an input that breaks off must not look like its end. */
function feed({
  source,
  sink,
  onBroken,
}: {
  source: NodeJS.ReadableStream;
  sink: NodeJS.WritableStream;
  onBroken: (reason: string) => void;
}): void {
  let isUnwanted = false;
  finished(source, { writable: false }, (error) => {
    if (error && !isUnwanted) onBroken(`its input broke off: ${error.message}`);
  });
  finished(sink, { readable: false }, (error) => {
    if (!error) return;
    isUnwanted = true;
    source.unpipe(sink);
    if ('destroy' in source && typeof source.destroy === 'function') source.destroy();
  });
  source.pipe(sink);
}
