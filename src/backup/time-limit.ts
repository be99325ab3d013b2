import { BackupProblem } from './problem.js';
import type { SourceContext } from './provider.js';

/** Lends a context whose signal is also aborted when the time of a source is over; then this rejects saying so. */
export async function withTimeLimit<C extends SourceContext, T>(
  context: C,
  { name, timeoutMs }: { readonly name: string; readonly timeoutMs: number },
  work: (context: C) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => {
    limit.abort(
      new BackupProblem(
        'failed',
        `${name} was not done within its timeout of ${timeoutMs / 1000} s; raise \`timeout\` if the data needs longer`,
      ),
    );
  }, timeoutMs);
  const signals = [limit.signal, ...(context.signal ? [context.signal] : [])];
  try {
    return await work({ ...context, signal: AbortSignal.any(signals) });
  } finally {
    clearTimeout(timer);
  }
}
