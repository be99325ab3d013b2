import { EvidenceProblem } from './contract.js';
import type { ReportFile } from './provider.js';

/** The whole of a JSON file, whose size was looked at when it was opened. */
export async function readJson(file: ReportFile): Promise<unknown> {
  let text = '';
  for await (const part of file.text()) text += part;
  if (text.trim() === '') throw new EvidenceProblem('evidence-invalid', `"${file.path}" is empty`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new EvidenceProblem('evidence-invalid', `"${file.path}" is not JSON${placeOf(cause, text)}`, {
      cause,
    });
  }
  const twice = placeOfTwin(text);
  if (twice === null) return value;
  throw new EvidenceProblem(
    'evidence-invalid',
    `"${file.path}" names one key twice at line ${lineOf(text, twice)}, so it is not known which value is meant`,
  );
}

/** Where a key stands for the second time in its mapping: the parser would keep the last and drop the others. */
function placeOfTwin(json: string): number | null {
  const open: Set<string>[] = [];
  for (let at = 0; at < json.length; at++) {
    const sign = json[at];
    if (sign === '{' || sign === '[') open.push(new Set());
    else if (sign === '}' || sign === ']') open.pop();
    if (sign !== '"') continue;
    const from = at;
    while (json[++at] !== '"') if (json[at] === '\\') at++;
    if (!isKey(json, at)) continue;
    const written = json.slice(from, at + 1);
    const key: string = written.includes('\\') ? JSON.parse(written) : written.slice(1, -1);
    const keys = open.at(-1);
    if (keys?.has(key)) return from;
    keys?.add(key);
  }
  return null;
}

function isKey(json: string, end: number): boolean {
  let at = end + 1;
  while (' \t\r\n'.includes(json[at] ?? '-')) at++;
  return json[at] === ':';
}

function lineOf(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

/** The line alone: what the parser quotes of the file may hold anything. */
function placeOf(error: unknown, text: string): string {
  const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  if (position === undefined) return '; was it written to the end?';
  return ` at line ${lineOf(text, Number(position))}; was it written to the end?`;
}
