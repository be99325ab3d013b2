import type { Current } from '../release/current.js';
import type { ReleaseState } from '../release/state.js';
import { chartOf } from './chart.js';
import type { Links } from './end.js';
import { evidenceChart } from './evidence-chart.js';
import { frontPage } from './front-page.js';
import { releasePage } from './release-page.js';
import { seriesOf } from './series.js';

/**
 * What people read on the ledger branch: path → whole text. `weight.svg` only when a weight was moved, `evidence.svg`
 * only when a canary was judged.
 */
export function pagesOf(
  state: ReleaseState,
  current: Current,
  links: Links,
): Readonly<Record<string, string>> {
  const { release } = state.started;
  const series = seriesOf(state);
  const evidence = evidenceChart(state);
  return {
    'README.md': frontPage({ state, current, links }),
    [`${release}/report.md`]: releasePage({
      state,
      links,
      chart: series && 'weight.svg',
      evidence: evidence && 'evidence.svg',
    }),
    ...(evidence ? { [`${release}/evidence.svg`]: evidence } : {}),
    ...(series ? { [`${release}/weight.svg`]: chartOf(series) } : {}),
  };
}
