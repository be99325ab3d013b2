import { describe } from '@jest/globals';
import { createBench } from '../host/fixture.js';
import { everySourceIsHonest } from './conformance.js';
import {
  ENV,
  HEADERS,
  jsonAnswers,
  overHttp,
  probe,
  probeAnswers,
  prometheusAnswers,
  SCRIPTS,
  withHeader,
  withSecrets,
} from './conformance-worlds.js';
import { errors, fastClock, httpJson, metricOf, portsOf, prometheus, script } from './world.js';

describe('prometheus', () => {
  const queries = {
    canary: errors('failed{arm="canary"}', 'total{arm="canary"}'),
    baseline: errors('failed', 'total'),
  };
  everySourceIsHonest({
    ...overHttp(
      (url) => metricOf(prometheus(withSecrets(url), queries, { headers: HEADERS }), 'errors'),
      prometheusAnswers,
    ),
    unset: withHeader,
    countsFailures: false,
    says: {
      'canary missing': /canary\.failed found no series/,
      down: /canary\.failed: POST .*connection refused/,
      slow: /timed out after 0\.3 s/,
      'of another type': /answered with log lines, and numbers are needed/,
      NaN: /canary\.total answered NaN for total\{arm="canary"\}, and a finite number is needed/,
      'telling secrets': /refused the query with status 401 \(unauthorized\)/,
    },
  });
});

describe('http-json', () => {
  const queries = { canary: errors('failed-canary', 'total-canary'), baseline: errors('failed', 'total') };
  everySourceIsHonest({
    ...overHttp(
      (url) =>
        metricOf(
          httpJson(`${withSecrets(url)}/count?q={{query}}&to={{to}}`, queries, {
            headers: HEADERS,
            path: 'data.0.count',
          }),
          'errors',
        ),
      jsonAnswers,
    ),
    unset: withHeader,
    countsFailures: false,
    says: {
      'canary missing': /canary\.failed: its answer at data\.0\.count is null, and no data is never a pass/,
      down: /canary\.failed: GET .*connection refused/,
      slow: /timed out after 0\.3 s/,
      'of another type': /its answer at data\.0\.count is a text, and a finite number is needed/,
      NaN: /its answer is no JSON, and begins with/,
      'telling secrets': /it answered status 401.*check the credentials/,
    },
  });
});

describe('run', () => {
  everySourceIsHonest({
    async enter(state) {
      const bench = createBench({ env: ENV });
      return {
        metric: metricOf(script(SCRIPTS[state], { timeoutMs: 400 }), 'errors'),
        ports: portsOf({ env: ENV, clock: fastClock(), scripts: bench.scripts }),
        close: () => bench.remove(),
      };
    },
    unset: null,
    countsFailures: false,
    says: {
      'canary missing': /the script printed null for the canary/,
      down: /exited with code 7 \(its last line: no route to metrics\)/,
      slow: /did not end within its timeout of 0\.4 s/,
      'of another type': /canary\.failed is a text, and a finite number is needed; print one object/,
      NaN: /last line of \d+ characters is no JSON/,
      'telling secrets': /exited with code 1 .*\*\*\*/,
    },
  });
});

describe('probe', () => {
  everySourceIsHonest({
    ...overHttp((url) => metricOf(probe(url), 'errors'), probeAnswers, 'real'),
    unset: (metric) => ({ ...metric, source: probe('${NOWHERE}') }),
    countsFailures: true,
    says: {
      'canary missing': /status 404/,
      down: /connection refused/,
      slow: /no answer in 0\.3 s/,
      'telling secrets': /status 401/,
    },
  });
});
