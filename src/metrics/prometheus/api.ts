import type { PrometheusSource } from '../../plan/plan.js';
import type { Span } from '../contract.js';
import type { SourcePorts } from '../driver.js';
import { openEndpoint, parseHidden } from '../endpoint.js';
import { fill, waveFor } from '../templates.js';
import { parseAnswer, type Series } from './envelope.js';

/** The HTTP API of Prometheus; Loki, Thanos, Mimir and VictoriaMetrics have the same. Queries throw `Unmeasured`. */
export interface Api {
  /** The value of each series at a moment. */
  at(query: string, moment: number, signal: AbortSignal): Promise<readonly Series[]>;
  /** The values at `from` and at each step after it, up to `to`. */
  over(
    query: string,
    range: Span & { readonly stepMs: number },
    signal: AbortSignal,
  ): Promise<readonly Series[]>;
}

/** `{{wave}}` in the URL stands for `wave`. Throws `Unmeasured` when the source cannot be asked at all. */
export async function openApi(
  ports: SourcePorts,
  source: PrometheusSource,
  wave: string | null,
): Promise<Api> {
  const { tenant, headers, path, timeoutMs } = source;
  const endpoint = await openEndpoint(ports, {
    ...source,
    headers: { ...(tenant === null ? {} : { 'X-Scope-OrgID': tenant }), ...headers },
    body: null,
  });
  const url = fill(endpoint.url, { wave: waveFor(endpoint.url, wave) }, encodeURIComponent);

  // Problems name series by their labels. An edge is a number and stays one.
  const withoutSecrets = ({ labels, points }: Series): Series => {
    const shown = Object.entries(labels).map(([name, value]) => [
      name,
      name === 'le' ? value : endpoint.hide(value),
    ]);
    return { labels: Object.fromEntries(shown), points };
  };

  // A query in the URL would be in the log of every proxy, and might be too long for it.
  async function ask(
    name: 'query' | 'query_range',
    form: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ) {
    const at = name === 'query' ? 'moment' : 'range';
    const answer = await endpoint.ask(
      {
        url: below(url, `${path}/${name}`),
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ ...form, timeout: seconds(timeoutMs) }).toString(),
      },
      signal,
    );
    return parseHidden(endpoint, answer, (raw) => parseAnswer(raw, at)).map(withoutSecrets);
  }

  return {
    at: (query, moment, signal) => ask('query', { query, time: seconds(moment) }, signal),
    over: (query, { from, to, stepMs }, signal) =>
      ask('query_range', { query, start: seconds(from), end: seconds(to), step: seconds(stepMs) }, signal),
  };
}

/** What is no URL once its variables are in is named by the one who asks. */
function below(text: string, path: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`;
  return url.href;
}

/** With a fraction always: Loki takes a number without one for nanoseconds. */
function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
