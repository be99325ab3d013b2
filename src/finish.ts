import type { Plan } from './plan/plan.js';
import { exitCode } from './release/decisions.js';
import type { ReleaseEnd } from './report/end.js';
import { resultOf } from './report/result.js';
import { summaryOf } from './report/summary.js';
import { terminalLines } from './report/terminal.js';
import { webhookBody } from './report/webhook.js';
import type { Ports } from './stages/context.js';
import { expanded } from './stages/ready.js';
import type { World } from './world.js';

const SETTLE_MS = 60_000;
const WEBHOOK_MS = 10_000;

/** Tells everybody how it ended and returns the exit code. Nothing here can change the decision. */
export async function finish(
  world: World,
  ended: ReleaseEnd,
  told: { ports: Ports; plan: Plan } | null,
): Promise<number> {
  // Before anything is rendered: escaping for Markdown or JSON would hide a secret from the redactor.
  const end = redacted(ended, world.redactor);
  if (told) await Promise.all([notify(world, end, told), settle(told.ports, end)]);
  const complete = told ? { ...end, permissions: told.ports.github.permissions.list() } : end;
  const redact = (text: string): string => world.redactor.redact(text);
  writeOutputs(world, complete, redact);
  world.writeSummary(redact(summaryOf(complete)));
  for (const line of terminalLines(complete)) world.log.info(line);
  const code = exitCode(end.decision);
  if (code !== 0)
    world.log.error(`${end.decision} (${end.reason}): ${end.summary}`, `Gated Release: ${end.decision}`);
  return code;
}

/** The record is redacted as it is made; what was said beside it is redacted here. */
function redacted(end: ReleaseEnd, redactor: World['redactor']): ReleaseEnd {
  return {
    ...end,
    version: end.version === null ? null : redactor.redact(end.version),
    summary: redactor.redact(end.summary),
    notes: end.notes.map((note) => redactor.redact(note)),
  };
}

function writeOutputs(world: World, end: ReleaseEnd, redact: (text: string) => string): void {
  const { state } = end;
  const outputs: Record<string, string> = {
    'release-id': state?.started.release ?? '',
    decision: end.decision,
    'reason-code': end.reason,
    result: redact(JSON.stringify(resultOf(end))),
    sha: end.sha ?? '',
    version: end.version ?? '',
    'previous-version': state?.started.previous?.version ?? '',
    'in-service-version': state?.inService ?? '',
    weight: state?.weight === null || state === null ? '' : String(state.weight),
    'rollback-commit': state?.rollbackCommit?.commit ?? '',
    report: end.links.report ?? '',
    ledger: end.links.ledger ?? '',
  };
  for (const [name, value] of Object.entries(outputs)) world.setOutput(name, value);
}

/** A deployment is a success only when its version was promoted; what went back or stopped is a failure. */
async function settle(ports: Ports, end: ReleaseEnd): Promise<void> {
  const { deployments, checks } = ports.github;
  if (end.state && !end.dryRun)
    deployments.report(end.decision === 'promoted' ? 'success' : 'failure', end.summary);
  await Promise.all([checks.settle(SETTLE_MS), deployments.settle(SETTLE_MS)]);
}

async function notify(world: World, end: ReleaseEnd, told: { ports: Ports; plan: Plan }): Promise<void> {
  if (end.dryRun) return;
  const targets = told.plan.notify.filter((target) => target.events.includes(end.decision));
  const body = told.ports.redactor.redact(JSON.stringify(webhookBody(end)));
  await Promise.all(targets.map((target) => post(world, target.url, body, told.ports)));
}

async function post(world: World, url: string, body: string, ports: Ports): Promise<void> {
  try {
    const answer = await ports.http.request({
      url: expanded(url, world.env),
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      timeoutMs: WEBHOOK_MS,
    });
    if (answer.status >= 300)
      ports.log.warning(`The notification to ${url} was answered with ${answer.status}.`);
  } catch (error) {
    ports.log.warning(
      `The notification to ${url} was not sent: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
