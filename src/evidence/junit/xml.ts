import { SaxesParser } from 'saxes';
import { EvidenceProblem } from '../contract.js';
import type { ReportFile, Words } from '../provider.js';

/** Elements in elements; reports nest suites a few times. */
const DEEPEST = 64;
/** One text, comment or tag is held in memory until it ends. */
const LONGEST_PIECE = 32 * 1024 * 1024;

/** What is told of a document while it is read. */
export interface XmlListener {
  open(name: string, attributes: Readonly<Record<string, string>>): void;
  close(name: string): void;
  /** Text and CDATA of the element last opened; only while `wantsText` says so. */
  text(text: string): void;
  wantsText(): boolean;
}

/**
 * Reads XML as a stream. Document types are refused, and with them every entity beyond the five of XML: neither bombs
 * nor external files are possible without one. Rejects with an `EvidenceProblem`.
 */
export async function readXml(
  file: ReportFile,
  to: { readonly listener: XmlListener; readonly words: Words },
): Promise<void> {
  const reading = parserFor(file, to);
  for await (const chunk of file.text()) reading.write(chunk);
  reading.end();
}

function parserFor(
  file: ReportFile,
  { listener, words }: { readonly listener: XmlListener; readonly words: Words },
): { write(chunk: string): void; end(): void } {
  const parser = new SaxesParser({ xmlns: false, position: true });
  let depth = 0;
  let sinceEvent = 0;
  const refuse = (
    what: string,
    reason: 'evidence-invalid' | 'evidence-too-large' = 'evidence-invalid',
  ): never => {
    throw new EvidenceProblem(reason, `"${file.path}" line ${parser.line}: ${what}`);
  };
  const listen = () => {
    if (listener.wantsText()) parser.on('text', (text) => listener.text(text));
    else parser.off('text');
  };
  parser.on('error', (error) => refuse(`the XML is malformed: ${words.title(withoutPlace(error.message))}`));
  parser.on('doctype', () =>
    refuse('a document type (DTD) is not read, since it can hold entities; leave it out'),
  );
  parser.on('xmldecl', ({ encoding }) => mustBeUtf8(file.path, words.name(encoding ?? 'UTF-8')));
  parser.on('cdata', (text) => {
    sinceEvent = 0;
    if (listener.wantsText()) listener.text(text);
  });
  parser.on('opentag', ({ name, attributes }) => {
    sinceEvent = 0;
    if (++depth > DEEPEST) refuse(`elements are nested more than ${DEEPEST} deep`);
    listener.open(name, attributes);
    listen();
  });
  parser.on('closetag', ({ name }) => {
    sinceEvent = 0;
    depth--;
    listener.close(name);
    listen();
  });
  return {
    write: (chunk) => {
      sinceEvent += chunk.length;
      if (sinceEvent > LONGEST_PIECE)
        refuse('one element holds more than 32 MiB of text; let the suite print less', 'evidence-too-large');
      parser.write(chunk);
    },
    end: () => void parser.close(),
  };
}

function mustBeUtf8(path: string, encoding: string): void {
  if (/^(utf-?8|us-ascii|ascii)$/i.test(encoding)) return;
  throw new EvidenceProblem(
    'evidence-unsupported',
    `"${path}" says that it is ${encoding}, and UTF-8 is read; let the tool write UTF-8`,
  );
}

/** The parser writes `line:column: ` before what it says; the line is told already. */
function withoutPlace(message: string): string {
  return message.replace(/^(?:[^:\s]*:)?\d+:\d+:\s*/, '').replace(/\.$/, '');
}
