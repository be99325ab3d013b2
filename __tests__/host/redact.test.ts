import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRedactor } from '../../src/host/redact.js';

function redactorFor(env: Record<string, string>, names: string[] = [], tokens: string[] = []) {
  return createRedactor({ env, tokens, names });
}

describe('what counts as a secret', () => {
  test.each([
    ['NPM_TOKEN', 'abcdef123456'],
    ['client_secret', 'abcdef123456'],
    ['DB_PASSWORD', 'postgres'],
    ['AWS_SECRET_ACCESS_KEY', 'wJalrXUtnFEMI/K7MDENG'],
    ['SENTRY_DSN', 'https://abcdef@o1.ingest.example/2'],
    ['INPUT_ROLLBACK-TOKEN', 'ghs_abcdef'],
  ])('the value of %s, by its name', (name, value) => {
    expect(redactorFor({ [name]: value }).redact(`a ${value} b`)).toBe('a *** b');
  });

  test.each([
    ['GITHUB_ACTOR', 'octocat'],
    ['SHOP_URL', 'https://shop.example/health'],
    ['API_KEY', '12345'],
    ['USE_TOKEN', 'enabled'],
    ['PATH', '/usr/bin:/usr/local/bin'],
    ['PACKAGE', 'https://registry.example/@acme/shop'],
    ['WITH_PORT', 'http://[::1]:8080/@x'],
    ['SCRIPT', 'curl https://deploy:${PASSWORD}@shop.example'],
  ])('not %s=%s', (name, value) => {
    expect(redactorFor({ [name]: value }).redact(`a ${value} b`)).toBe(`a ${value} b`);
  });

  test('a variable that the plan names, whatever its name, and the tokens', () => {
    const redactor = redactorFor({ SHOP: 'hidden-shop' }, ['SHOP'], ['ghs_1_abc.def']);
    expect(redactor.redact('hidden-shop ghs_1_abc.def')).toBe('*** ***');
  });

  test.each([
    ['postgres://shop:pa55word@db/shop', 'pa55word'],
    ['postgres://shop:p%40ss%2Fword@db/shop', 'p@ss/word'],
    ['redis://:s/cret99@cache:6379', 's/cret99'],
    ['https://x-access-token@github.com/a/b', 'x-access-token'],
    ['--dsn=mysql://root:hunter22@db:3306/a --verbose', 'hunter22'],
  ])('userinfo in %s', (value, secret) => {
    const redacted = redactorFor({ DATABASE: value }).redact(`${value} and ${secret}`);
    expect(redacted).not.toContain(secret);
    expect(redacted).toContain('***');
  });

  test('a key that equals the public commit does not hide the commit', () => {
    const sha = '0123456789abcdef0123456789abcdef01234567';
    expect(redactorFor({ GITHUB_SHA: sha, CACHE_KEY: sha }).redact(sha)).toBe(sha);
  });

  test('what is added later is hidden from then on, if it is long enough', () => {
    const redactor = redactorFor({});
    redactor.add('later-secret');
    redactor.add('short');
    expect(redactor.redact('later-secret short')).toBe('*** short');
  });
});

describe('the forms of a secret', () => {
  const secret = fc
    .oneof(
      fc.string({ minLength: 6, maxLength: 60 }),
      fc.string({ unit: 'grapheme', minLength: 6, maxLength: 30 }),
      fc
        .array(fc.string({ minLength: 6, maxLength: 20 }), { minLength: 2, maxLength: 4 })
        .map((lines) => lines.join('\n')),
    )
    .filter((text) => text.trim() !== '');
  const around = fc.string({ maxLength: 20 });
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const base64url = (text: string) => Buffer.from(text).toString('base64url');

  test('no form survives, whatever stands around it', () => {
    const encode = fc.constantFrom(
      (text: string) => text,
      encodeURIComponent,
      (text: string) => encodeURIComponent(text).replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()),
      (text: string) => new URLSearchParams({ a: text }).toString().slice(2),
      base64,
      base64url,
      (text: string) => JSON.stringify(text).slice(1, -1),
    );
    fc.assert(
      fc.property(
        fc.array(secret, { minLength: 1, maxLength: 4 }),
        encode,
        around,
        around,
        (secrets, form, before, after) => {
          const redactor = redactorFor({}, [], secrets);
          for (const one of secrets) {
            const shown = form(one);
            expect(redactor.redact(`${before}${shown}${after}`)).not.toContain(shown);
            expect(redactor.redact(`${shown}${shown}`)).not.toContain(shown);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('each line of six characters or more is a secret of its own', () => {
    const key = '-----BEGIN KEY-----\r\nMIIEvQIBADANBg\r\nabc\r\nkqhkiG9w0BAQEF\r\n-----END KEY-----\r\n';
    const redacted = redactorFor({ DEPLOY_KEY: key }).redact('x MIIEvQIBADANBg y abc z kqhkiG9w0BAQEF');
    expect(redacted).toBe('x *** y abc z ***');
  });

  test('a secret inside a longer encoded text is hidden at each of the three offsets', () => {
    for (const user of ['a:', 'ab:', 'abc:', '']) {
      const encoded = base64(`${user}hunter22-hunter22`);
      const redacted = redactorFor({}, [], ['hunter22-hunter22']).redact(`Authorization: Basic ${encoded}`);
      const shown = redacted.replace('Authorization: Basic ', '').replace('***', '');
      expect(Buffer.from(shown, 'base64').toString()).not.toContain('hunter');
      expect(shown.length).toBeLessThan(user.length * 2 + 4);
    }
  });

  test('a long secret is hidden in base64 that is wrapped as the command wraps it', () => {
    const token = `ghs_${'aB3.'.repeat(120)}`;
    const wrapped = base64(token).replace(/.{76}/g, '$&\n');
    expect(redactorFor({}, [], [token]).redact(wrapped)).toMatch(/^(?:\*+\n?)+$/);
  });

  test('secrets that overlap leave no end of either behind', () => {
    const redactor = redactorFor({}, [], ['abcdefgh', 'efghijkl', 'cdefghij']);
    expect(redactor.redact('-abcdefghijkl-')).toBe('-***-');
  });

  test('the mask itself as a secret ends', () => {
    expect(redactorFor({}, [], ['******', 'abcdef']).redact('abcdefabcdefabcdef')).not.toContain('******');
  });

  test('redacting twice changes nothing', () => {
    fc.assert(
      fc.property(fc.array(secret), fc.string({ maxLength: 200 }), (secrets, text) => {
        const redactor = redactorFor({}, [], secrets);
        const once = redactor.redact(secrets.join(text));
        expect(redactor.redact(once)).toBe(once);
      }),
    );
  });
});

test('16 MiB with 50 secrets take seconds at most', () => {
  const secrets = Array.from(
    { length: 50 },
    (_, i) => `${i}-${'secret-value-'.repeat(1 + (i % 5))}${i * 7919}`,
  );
  const redactor = redactorFor({}, [], secrets);
  const line = `${new Date(0).toISOString()} GET /cart?user=secret-1 200 ${'x'.repeat(60)} ${secrets[7]}`;
  const lines = Array.from({ length: Math.ceil((16 * 1024 * 1024) / line.length) }, () => line);
  const started = performance.now();
  for (const one of lines) redactor.redact(one);
  expect(performance.now() - started).toBeLessThan(4000);
});
