import type { NotifyTarget, Plan } from './plan/plan.js';
import { exitCode } from './release/decisions.js';
import type { ReleaseEnd } from './report/end.js';
import { notificationOf } from './report/notifications.js';
import { resultOf } from './report/result.js';
import { summaryOf } from './report/summary.js';
import { terminalLines } from './report/terminal.js';
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
  { allowWaiting = false }: { readonly allowWaiting?: boolean } = {},
): Promise<number> {
  // Before anything is rendered: escaping for Markdown or JSON would hide a secret from the redactor.
  const end = redacted(ended, world.redactor);
  if (told) await Promise.all([notify(world, end, told), settle(told.ports, end)]);
  const complete = told ? { ...end, permissions: told.ports.github.permissions.list() } : end;
  const redact = (text: string): string => world.redactor.redact(text);
  writeOutputs(world, complete, redact);
  const incident = end.state && told?.ports.github.incidents.find(end.state.started.release);
  world.setOutput('incident-issue', incident?.url ?? '');
  world.writeSummary(redact(summaryOf(complete)));
  for (const line of terminalLines(complete)) world.log.info(line);
  const code = exitCode(end.decision, { allowWaiting });
  if (code === 0 && (end.decision === 'waiting' || end.decision === 'paused'))
    world.log.warning(`${end.decision} (${end.reason}): ${end.summary}`);
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
    'resume-at': state?.parked?.resume_at ?? '',
    'rollback-commit': state?.rollbackCommit?.result === 'done' ? (state.rollbackCommit.commit ?? '') : '',
    'rollback-pull-request':
      state?.rollbackCommit?.result === 'pull-request' ? (state.rollbackCommit.url ?? '') : '',
    report: end.links.report ?? '',
    ledger: end.links.ledger ?? '',
  };
  for (const [name, value] of Object.entries(outputs)) world.setOutput(name, value);
}

/** A deployment is a success only when its version was promoted; what went back or stopped is a failure. */
async function settle(ports: Ports, end: ReleaseEnd): Promise<void> {
  const { deployments, checks, incidents, feedback } = ports.github;
  // A parked release is still on its way, and its deployment with it.
  if (end.state && !end.dryRun && end.decision !== 'paused')
    deployments.report(end.decision === 'promoted' ? 'success' : 'failure', end.summary);
  await Promise.all([checks, deployments, incidents, feedback].map((shown) => shown.settle(SETTLE_MS)));
}

async function notify(world: World, end: ReleaseEnd, told: { ports: Ports; plan: Plan }): Promise<void> {
  if (end.dryRun) return;
  const targets = told.plan.notify.filter((target) => target.events.includes(end.decision));
  await Promise.all(
    targets.map(async (target) => {
      const notification = notificationOf(target.kind, end);
      if (notification) await post(world, target, notification, told.ports);
    }),
  );
}

async function post(world: World, target: NotifyTarget, notification: object, ports: Ports): Promise<void> {
  try {
    const answer = await ports.http.request({
      url: expanded(target.url, world.env),
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: bodyOf(world, target, notification),
      timeoutMs: WEBHOOK_MS,
    });
    if (answer.status >= 300)
      ports.log.warning(`The notification to ${target.url} was answered with ${answer.status}.`);
  } catch (error) {
    ports.log.warning(
      `The notification to ${target.url} was not sent: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** The routing key joins after redaction, which would take it for what it is: a secret. */
function bodyOf(world: World, target: NotifyTarget, notification: object): string {
  const body = JSON.stringify(notification, (_, value: unknown) =>
    typeof value === 'string' ? world.redactor.redact(value) : value,
  );
  if (target.kind !== 'pagerduty') return body;
  return JSON.stringify({
    routing_key: expanded(target.key, world.env).trim(),
    ...(JSON.parse(body) as object),
  });
}
