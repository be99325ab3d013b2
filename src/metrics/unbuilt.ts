import type { SourceKind } from '../plan/plan.js';
import type { Driver, SourcePorts } from './driver.js';

/** Stands in for a driver that is not there: nothing is measured, and that is said. */
export function createUnbuilt<K extends SourceKind>({ clock }: SourcePorts): Driver<K> {
  return {
    async measure({ metrics, signal, everyMs, onBatch }) {
      let from = clock.now();
      while (!signal.aborted) {
        await clock.sleep(everyMs, signal);
        const to = Math.max(from + 1, clock.now());
        for (const { name, kind, source } of metrics) {
          onBatch(name, {
            kind,
            from,
            to,
            canary: null,
            baseline: null,
            problem: `no driver for ${source.kind}`,
          });
        }
        from = to;
      }
    },
    past: null,
  };
}
