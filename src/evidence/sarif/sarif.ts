import { isTree, type Tree } from '../../plan/path.js';
import type { Severity } from '../../plan/plan.js';
import { type Alert, type AlertFacts, EvidenceProblem } from '../contract.js';
import { readJson } from '../json.js';
import type { Format, ReadContext, ReportFile, Words } from '../provider.js';
import { createFingerprints, type Fingerprints } from './fingerprint.js';
import { locationOf } from './location.js';
import { listAt, textAt, treeAt } from './read.js';
import { rulesOf } from './rules.js';
import { isSuppressed, severityOf } from './severity.js';

const MIB = 1024 * 1024;
const WORST_FIRST: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'none'];

/** SARIF 2.1.0, the format of static analysis that GitHub and most scanners write. */
export function sarifFormat(): Format {
  return { name: 'SARIF', mostBytes: 32 * MIB, read };
}

async function read(files: readonly ReportFile[], context: ReadContext): Promise<AlertFacts> {
  const alerts: Alert[] = [];
  const tools = new Set<string>();
  const fingerprints = createFingerprints();
  let suppressed = 0;
  for (const file of files) {
    for (const run of await runsIn(file, context.words)) {
      tools.add(toolOf(run));
      suppressed += await readRun(run, { file, context, fingerprints, alerts });
    }
  }
  const sorted = alerts.sort((a, b) => WORST_FIRST.indexOf(a.severity) - WORST_FIRST.indexOf(b.severity));
  return {
    kind: 'sarif',
    files: files.map(({ path }) => path),
    tools: [...tools].map((name) => context.words.title(name)),
    alerts: sorted,
    suppressed,
  };
}

/** A scan that did not run, or says that it failed, found nothing because it looked at nothing. */
async function runsIn(file: ReportFile, words: Words): Promise<readonly Tree[]> {
  const root = await readJson(file);
  const log = isTree(root) ? root : {};
  if (log.version !== '2.1.0') {
    const found = textAt(log, 'version');
    throw new EvidenceProblem(
      'evidence-unsupported',
      `"${file.path}" is ${found === '' ? 'not SARIF: it has no `version`' : `SARIF ${words.name(found)}`}, and SARIF 2.1.0 is read`,
    );
  }
  const runs = listAt(log, 'runs');
  if (runs.length === 0) throw invalid(file, 'holds no run, so nothing was scanned');
  for (const run of runs) mustHaveRun(file, run, words);
  return runs;
}

function mustHaveRun(file: ReportFile, run: Tree, words: Words): void {
  const tool = words.name(toolOf(run));
  const failed = listAt(run, 'invocations').find(hasFailed);
  if (failed !== undefined) throw invalid(file, `says that ${tool} did not run successfully`);
  if (Array.isArray(run.results)) return;
  const isElsewhere = treeAt(run, 'externalPropertyFileReferences').results !== undefined;
  throw isElsewhere
    ? new EvidenceProblem(
        'evidence-unsupported',
        `"${file.path}" keeps its results in other files; let the tool write them into one`,
      )
    : invalid(file, `holds a run of ${tool} without \`results\`, so it is not known what it found`);
}

/** By what the tool says of itself; where it does not say, by its exit code and by the errors that it noted. */
function hasFailed(invocation: Tree): boolean {
  const isSuccess = invocation.executionSuccessful ?? null;
  if (isSuccess !== null) return isSuccess !== true;
  if ((invocation.exitCode ?? 0) !== 0) return true;
  return ['toolExecutionNotifications', 'toolConfigurationNotifications']
    .flatMap((key) => listAt(invocation, key))
    .some(({ level }) => level === 'error');
}

interface RunReading {
  readonly file: ReportFile;
  readonly context: ReadContext;
  readonly fingerprints: Fingerprints;
  /** Grows by what the run found. */
  readonly alerts: Alert[];
}

/** Returns how many results were suppressed. */
async function readRun(run: Tree, { file, context, fingerprints, alerts }: RunReading): Promise<number> {
  const rules = rulesOf(run);
  let suppressed = 0;
  for (const [index, result] of listAt(run, 'results').entries()) {
    context.signal.throwIfAborted();
    const rule = rules.of(result);
    const severity = severityOf(result, rule.about);
    if ('unknown' in severity) {
      throw invalid(
        file,
        `gives the result ${index + 1} (${context.words.name(rule.id)}) the severity ${JSON.stringify(context.words.name(severity.unknown))}, which is none`,
      );
    }
    if (severity.severity === null) continue;
    if (isSuppressed(result)) {
      suppressed++;
      continue;
    }
    const place = await locationOf({ run, result, places: context.places });
    alerts.push({
      path: place.path,
      line: place.line,
      title: context.words.title(titleOf(rule)),
      message: context.words.message(messageOf(result, rule.about)),
      rule: context.words.title(rule.id),
      severity: severity.severity,
      fingerprint: fingerprints.of(result, { rule: rule.id, path: place.path ?? place.written }),
    });
  }
  return suppressed;
}

function titleOf({ id, about }: { readonly id: string; readonly about: Tree }): string {
  const short = textAt(treeAt(about, 'shortDescription'), 'text');
  return short === '' || short.includes(id) ? short || id : `${id}: ${short}`;
}

function messageOf(result: Tree, rule: Tree): string {
  const message = treeAt(result, 'message');
  const own = textAt(message, 'text') || textAt(message, 'markdown');
  if (own !== '') return own;
  const strings = treeAt(rule, 'messageStrings');
  const template = textAt(treeAt(strings, textAt(message, 'id')), 'text');
  const values = Array.isArray(message.arguments) ? message.arguments : [];
  const filled = template.replace(/\{(\d+)\}/g, (written, index: string) =>
    String(values[Number(index)] ?? written),
  );
  return filled || textAt(treeAt(rule, 'fullDescription'), 'text') || 'The tool gives no message.';
}

function toolOf(run: Tree): string {
  return textAt(treeAt(treeAt(run, 'tool'), 'driver'), 'name') || 'a tool without a name';
}

function invalid({ path }: ReportFile, what: string): EvidenceProblem {
  return new EvidenceProblem('evidence-invalid', `"${path}" ${what}`);
}
