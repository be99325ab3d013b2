import { shown, Unmeasured } from '../unmeasured.js';
import { finite } from './number.js';
import { fieldsOf, listOf, type Preset, severalSeries } from './preset.js';

/**
 * Scalar queries of metrics, https://docs.datadoghq.com/api/latest/metrics/#query-scalar-data-across-multiple-products.
 * The keys are headers of the plan: `DD-API-KEY` and `DD-APPLICATION-KEY`.
 */
export const datadog: Preset = {
  request({ address, query, kind, places }) {
    const asked = {
      data_source: 'metrics',
      name: 'a',
      query,
      aggregator: kind === 'errors' ? 'sum' : 'avg',
    };
    const attributes = {
      from: places.from,
      to: places.to,
      queries: [asked],
      formulas: [{ formula: 'a' }],
    };
    return {
      url: `${address}/api/v2/query/scalar`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ data: { type: 'scalar_request', attributes } }),
    };
  },
  number(answer) {
    const { data, errors } = fieldsOf(answer);
    if (errors !== undefined && String(errors) !== '') {
      throw new Unmeasured(`it answered with an error: ${shown(String(errors))}`);
    }
    const { columns } = fieldsOf(fieldsOf(data).attributes);
    const numbers = listOf(columns)
      .map(fieldsOf)
      .filter(({ type }) => type !== 'group');
    const [column] = numbers;
    const values = listOf(column?.values);
    if (numbers.length > 1 || values.length > 1) {
      throw severalSeries(Math.max(numbers.length, values.length), 'leave out "by {…}"');
    }
    return finite(values[0], 'its number', 'check the metric and its tags');
  },
};
