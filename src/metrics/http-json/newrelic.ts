import { shown, Unmeasured } from '../unmeasured.js';
import { finite } from './number.js';
import { fieldsOf, listOf, type Preset, severalSeries } from './preset.js';

const GRAPHQL =
  'query($account: Int!, $nrql: Nrql!, $timeout: Seconds) { actor { account(id: $account) { nrql(query: $nrql, timeout: $timeout) { results } } } }';

/**
 * NRQL by NerdGraph, https://docs.newrelic.com/docs/apis/nerdgraph/examples/nerdgraph-nrql-tutorial/. The key is a
 * header of the plan: `API-Key`. The interval is put behind the query.
 */
export const newrelic: Preset = {
  request({ address, query, places, account, timeoutMs }) {
    const nrql = `${query} SINCE ${places.from} UNTIL ${places.to}`;
    const timeout = Math.max(1, Math.ceil(timeoutMs / 1000));
    return {
      url: `${address}/graphql`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: GRAPHQL, variables: { account, nrql, timeout } }),
    };
  },
  number(answer) {
    const { data, errors } = fieldsOf(answer);
    // They come with status 200.
    const reasons = listOf(errors).map((error) => String(fieldsOf(error).message ?? 'no reason given'));
    if (reasons.length > 0) throw new Unmeasured(`it answered with an error: ${shown(reasons.join('; '))}`);
    const { nrql } = fieldsOf(fieldsOf(fieldsOf(data).actor).account);
    const rows = listOf(fieldsOf(nrql).results);
    if (rows.length > 1) throw severalSeries(rows.length, 'leave out FACET and TIMESERIES');
    const values = valuesIn(fieldsOf(rows[0]));
    if (values.length > 1) throw severalSeries(values.length, 'select one value');
    return finite(values[0], 'its number', 'check the query');
  },
};

/** Percentiles are one level deeper: `{"percentile.duration": {"95": 1.2}}`. */
function valuesIn(row: Readonly<Record<string, unknown>>): readonly unknown[] {
  return Object.values(row).flatMap((value) =>
    typeof value === 'object' && value !== null ? Object.values(value) : [value],
  );
}
