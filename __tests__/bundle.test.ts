import { expect, test } from '@jest/globals';
import { indentedAsSource, withoutComments } from '../script/bundle.js';

const PACKED = `;// CONCATENATED MODULE: ./node_modules/kind/index.js
/** Says much. */
const text = \`not // a comment
/* nor this */
\`; // beside
/*! @license MIT */
const url = 'https://x.example/'; /* inside */ const other = /\\/\\*x*\\//;
    // alone
;// CONCATENATED MODULE: ./lib/src/main.js
// Why it is so.
const main = 1;
`;

test('the bundle keeps licences, the names of files and all code, and no other comment', () => {
  expect(withoutComments(PACKED)).toBe(`;// CONCATENATED MODULE: ./node_modules/kind/index.js
const text = \`not // a comment
/* nor this */
\`;
/*! @license MIT */
const url = 'https://x.example/';  const other = /\\/\\*x*\\//;
;// CONCATENATED MODULE: ./lib/src/main.js
const main = 1;
`);
});

const COMPILED = `;// CONCATENATED MODULE: ./node_modules/kind/index.js
    const theirs = 1;
;// CONCATENATED MODULE: ./lib/src/main.js
function main() {
    if (theirs)
        return \`a
    text of \${theirs
        + 1}
    two lines\`;
      // aligned
}
;// CONCATENATED MODULE: ./node_modules/other/index.js
    const other = 1;
`;

test('our own code is indented as its source is, and no text in it changes', () => {
  expect(indentedAsSource(COMPILED)).toBe(`;// CONCATENATED MODULE: ./node_modules/kind/index.js
    const theirs = 1;
;// CONCATENATED MODULE: ./lib/src/main.js
function main() {
  if (theirs)
    return \`a
    text of \${theirs
    + 1}
    two lines\`;
    // aligned
}
;// CONCATENATED MODULE: ./node_modules/other/index.js
    const other = 1;
`);
});
