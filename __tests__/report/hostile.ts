import fc from 'fast-check';

/** Text as a script, a branch name or a person with bad intentions could bring it. */
export const hostile: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom(
        ...[
          '|',
          '\\|',
          '\\',
          '`',
          '``',
          '```',
          '~~~',
          '```text',
          '\n',
          '\r\n',
          '- ',
          '# ',
          '1. ',
          '> ',
          '<!--',
        ],
        ...[
          '@alice',
          '@acme/sre',
          '#12',
          '<img src=x onerror=y>',
          '![i](http://x/i.png)',
          '[a](b)',
          '&#124;',
        ],
        ...[
          'https://evil.example/x|y',
          'HTTP://E.example',
          'www.evil.example',
          'a@b.example',
          '$x$',
          '**',
          '__',
        ],
        ...[
          '::error::x',
          '##[add-mask]y',
          '\u001b[31m',
          '\u202E',
          '\u2028',
          '</code>',
          '"',
          "'",
          '%',
          '---',
          ' ',
        ],
      ),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));
