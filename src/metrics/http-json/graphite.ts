import { finite } from './number.js';
import { fieldsOf, listOf, type Preset, severalSeries } from './preset.js';

/**
 * The render API, https://graphite.readthedocs.io/en/latest/render_api.html. It answers the points of the interval: an
 * amount is the sum of them, a gauge the last. Points without a value are no data.
 */
export const graphite: Preset = {
  request({ address, query, places }) {
    const asked = new URLSearchParams({
      target: query,
      from: String(Math.floor(places.from / 1000)),
      until: String(Math.floor(places.to / 1000)),
      format: 'json',
    });
    return { url: `${address}/render?${asked}`, method: 'GET', headers: {}, body: null };
  },
  number(answer, kind) {
    const series = listOf(answer).map(fieldsOf);
    if (series.length > 1) throw severalSeries(series.length, 'join them by sumSeries(…)');
    const values = listOf(series[0]?.datapoints).map((point) => listOf(point)[0]);
    const known = values.filter((value) => value !== null && value !== undefined);
    const remedy = 'check the target, and that `every` is not shorter than the steps in which it stores';
    const numbers = known.map((value) => finite(value, 'one of its points', remedy));
    const found = kind === 'errors' && numbers.length > 0 ? sum(numbers) : numbers.at(-1);
    return finite(found, 'its number', remedy);
  },
};

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}
