import type { EvidenceSource } from '../plan/plan.js';
import { junitFormat } from './junit/junit.js';
import type { Format } from './provider.js';
import { reportFormat } from './report.js';
import { sarifFormat } from './sarif/sarif.js';

type Kind = EvidenceSource['kind'];
type SourceOf<K extends Kind> = Extract<EvidenceSource, { kind: K }>;

/** Every kind of evidence that a plan may name; a kind without its line here does not compile. */
const formats: { readonly [K in Kind]: (source: SourceOf<K>) => Format } = {
  junit: junitFormat,
  sarif: sarifFormat,
  report: reportFormat,
};

export function formatOf<K extends Kind>(source: SourceOf<K> & { readonly kind: K }): Format {
  return formats[source.kind](source);
}
