import { EvidenceProblem } from './contract.js';
import type { ReportFile } from './provider.js';

/** The whole of a JSON file, whose size was looked at when it was opened. */
export async function readJson(file: ReportFile): Promise<unknown> {
  let text = '';
  for await (const part of file.text()) text += part;
  if (text.trim() === '') throw new EvidenceProblem('evidence-invalid', `"${file.path}" is empty`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EvidenceProblem('evidence-invalid', `"${file.path}" is not JSON${placeOf(cause, text)}`, {
      cause,
    });
  }
}

/** The line alone: what the parser quotes of the file may hold anything. */
function placeOf(error: unknown, text: string): string {
  const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  if (position === undefined) return '; was it written to the end?';
  return ` at line ${text.slice(0, Number(position)).split('\n').length}; was it written to the end?`;
}
