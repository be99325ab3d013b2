import { describe, expect, test } from '@jest/globals';
import { numberOf, parseAnswer } from '../../../src/metrics/prometheus/envelope.js';

const answer = (body: string, status = 200) => ({ status, body, isCut: false });
const vector = (...results: readonly string[]) =>
  `{"status":"success","data":{"resultType":"vector","result":[${results.join(',')}]}}`;

describe('an answer that is one', () => {
  test('a vector gives its series with labels and values', () => {
    const body = vector('{"metric":{"__name__":"up","job":"shop"},"value":[1795321533.118,"1"]}');
    expect(parseAnswer(answer(body), 'moment')).toEqual([
      { labels: { __name__: 'up', job: 'shop' }, points: [{ at: 1_795_321_533_118, value: 1 }] },
    ]);
  });

  test('a matrix gives its points in the order of time', () => {
    const series = '{"metric":{},"values":[[2,"20"],[1,"10"]]}';
    const body = `{"status":"success","data":{"resultType":"matrix","result":[${series}]}}`;
    expect(parseAnswer(answer(body), 'range')[0]?.points).toEqual([
      { at: 1000, value: 10 },
      { at: 2000, value: 20 },
    ]);
  });

  test('an empty vector is one without series, and a scalar one without labels', () => {
    expect(parseAnswer(answer(vector()), 'moment')).toEqual([]);
    const scalar = '{"status":"success","data":{"resultType":"scalar","result":[1,"3"]}}';
    expect(parseAnswer(answer(scalar), 'moment')).toEqual([{ labels: {}, points: [{ at: 1000, value: 3 }] }]);
  });

  test('a native histogram gives its buckets', () => {
    // As Prometheus 2.42 answers it, with the bucket around zero first.
    const buckets = '[[3,"-0.001","0.001","3"],[0,"0.9170040432046711","1","50"]]';
    const body = vector(`{"metric":{},"histogram":[1,{"count":"53","sum":"7.5","buckets":${buckets}}]}`);
    expect(parseAnswer(answer(body), 'moment')[0]?.points[0]?.value).toEqual({
      buckets: [
        { lower: -0.001, upper: 0.001, count: 3 },
        { lower: 0.9170040432046711, upper: 1, count: 50 },
      ],
    });
  });
});

describe('an answer that is none', () => {
  test('a part of the data is none, and neither are two series with the same labels', () => {
    const one = (value: string) => `{"metric":{"pod":"a"},"value":[1,"${value}"]}`;
    const partial = vector(one('1')).replace('"success"', '"success","isPartial":true');
    expect(() => parseAnswer(answer(partial), 'moment')).toThrow('it answered with `isPartial`');
    expect(() => parseAnswer(answer(vector(one('9'), one('0'))), 'moment')).toThrow(
      'it answered {pod="a"} twice',
    );
  });

  test.each<[string, string, number, RegExp]>([
    [
      'a refusal',
      '{"status":"error","errorType":"bad_data","error":"parse error"}',
      400,
      /status 400 \(bad_data\): parse error/,
    ],
    [
      'a query that cannot be executed',
      '{"status":"error","errorType":"execution","error":"many-to-many"}',
      422,
      /status 422 \(execution\): many-to-many/,
    ],
    [
      'a timeout of the server',
      '{"status":"error","errorType":"timeout","error":"query timed out"}',
      503,
      /status 503 \(timeout\)/,
    ],
    [
      'a warning',
      '{"status":"success","warnings":["one store is down"],"data":{"resultType":"vector","result":[]}}',
      200,
      /with a warning.*one store is down/,
    ],
    [
      'a login page',
      '<html>Sign in</html>',
      200,
      /status 200 and a body that begins with "<html>Sign in<\/html>".*check `url` and `path`/,
    ],
    ['no credentials', 'Unauthorized', 401, /status 401.*check the credentials/],
    [
      'plain text, as Loki refuses',
      'parse error at line 1, col 5: syntax error',
      400,
      /parse error at line 1, col 5/,
    ],
    ['nothing', '', 502, /status 502 and an empty body/],
    ['another JSON', '{"hello":"world"}', 200, /no answer of the Prometheus API/],
    ['a list', '[]', 200, /no answer of the Prometheus API/],
    [
      'a text',
      '{"status":"success","data":{"resultType":"string","result":[1,"abc"]}}',
      200,
      /a string, and an instant vector is needed/,
    ],
    [
      'log lines',
      '{"status":"success","data":{"resultType":"streams","result":[]}}',
      200,
      /sum\(count_over_time\(/,
    ],
    ['a value that is no text', vector('{"metric":{},"value":[1,1]}'), 200, /a value that is no text/],
    [
      'a value that is no number',
      vector('{"metric":{},"value":[1,"one"]}'),
      200,
      /"one" where a number belongs/,
    ],
    ['a value without a time', vector('{"metric":{},"value":["now","1"]}'), 200, /a time that is no number/],
    [
      'a result that is no list',
      '{"status":"success","data":{"resultType":"vector","result":{}}}',
      200,
      /where a list belongs/,
    ],
    ['a series that is no object', vector('7'), 200, /a series that is no object/],
    [
      'a label that is no text',
      vector('{"metric":{"a":1},"value":[1,"1"]}'),
      200,
      /a label a that is no text/,
    ],
  ])('%s is named', (_name, body, status, says) => {
    expect(() => parseAnswer(answer(body, status), 'moment')).toThrow(says);
  });

  test('one that was cut is named, whatever it began with', () => {
    expect(() => parseAnswer({ ...answer(vector()), isCut: true }, 'moment')).toThrow('longer than');
  });
});

test.each([
  ['1', 1],
  ['-0.5', -0.5],
  ['1e+06', 1e6],
  ['1.7976931348623157e+308', Number.MAX_VALUE],
  ['NaN', Number.NaN],
  ['+Inf', Infinity],
  ['-Inf', -Infinity],
])('%s is read as Go prints it', (text, value) => {
  expect(numberOf(text)).toBe(value);
});

test.each(['', ' 1', '0x10', '1_000', 'Infinity', 'constructor', '1 2'])('%j is no number', (text) => {
  expect(() => numberOf(text)).toThrow('where a number belongs');
});
