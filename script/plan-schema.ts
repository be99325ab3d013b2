/**
 * Writes what is generated from the schema of the plan: its JSON Schema and the tables of the plan reference.
 *
 *   node lib/script/plan-schema.js           writes schema/gated-release.schema.json and docs/plan.md
 *   node lib/script/plan-schema.js --check   exits 1 when one of them is not what would be written
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { planSchema } from '../src/plan/schema/json-schema.js';
import { fillReference } from '../src/plan/schema/reference.js';

/** This file runs from `lib/script`. */
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const SCHEMA = 'schema/gated-release.schema.json';
const REFERENCE = 'docs/plan.md';

if (process.argv.includes('--check')) check();
else write();

function write(): void {
  for (const { path, text } of generated()) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
  }
}

function check(): void {
  const stale = generated().filter(({ path, text }) => read(path) !== text);
  for (const { path } of stale) {
    console.error(
      `${path} is not what the schema of the plan says. Run \`npx tsc && node lib/script/plan-schema.js\`.`,
    );
  }
  if (stale.length > 0) process.exitCode = 1;
}

function generated(): { path: string; text: string }[] {
  return [
    { path: SCHEMA, text: `${JSON.stringify(planSchema(), null, 2)}\n` },
    { path: REFERENCE, text: fillReference(read(REFERENCE)) },
  ];
}

/** A file that is not there differs from every text. */
function read(path: string): string {
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
