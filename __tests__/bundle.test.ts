import { expect, test } from '@jest/globals';
import { withoutComments } from '../script/bundle.js';

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
