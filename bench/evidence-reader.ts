/** Reads one JUnit file in a process of its own, so that its memory can be measured; prints what it cost as JSON. */
import { utimesSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { createEvidence } from '../src/evidence/reader.js';

const path = process.argv[2] ?? '';
const directory = dirname(path);
const reader = createEvidence({
  redactor: { redact: (text) => text, add: () => undefined },
  root: directory,
});
const expected = await reader.expect([{ kind: 'junit', files: [basename(path)] }], { directory });
// As a suite would that has just written it.
utimesSync(path, new Date(), new Date());
const started = performance.now();
const [read] = await expected.collect({ signal: new AbortController().signal });
if (!read || !('facts' in read) || read.facts.kind !== 'junit') {
  throw new Error(read && 'problem' in read ? read.problem.message : 'nothing was read');
}
const ms = Math.round(performance.now() - started);
const residentMb = (process.resourceUsage().maxRSS * 1024) / 1e6;
process.stdout.write(JSON.stringify({ tests: read.facts.tests, ms, residentMb }));
