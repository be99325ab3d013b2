import type { Job, StepResult } from '../runner/contract.js';
import { actionsOf, startRun } from './perform.js';
import { RESTORE } from './releases.js';
import { workflowSteps } from './workflow.js';
import type { World } from './world.js';

export type Order = Readonly<Record<'id' | 'amount', number> & Record<'item', string>>;

/** As a customer sees them. */
export async function ordersOf({ shop }: World): Promise<readonly Order[]> {
  return (await fetch(`${shop.publicUrl}/orders`)).json() as Promise<readonly Order[]>;
}

export async function placeOrder({ shop }: World, order: Omit<Order, 'id'>): Promise<void> {
  const body = JSON.stringify(order);
  const headers = { 'content-type': 'application/json' };
  const { status } = await fetch(`${shop.publicUrl}/orders`, { method: 'POST', headers, body });
  if (status !== 201) throw new Error(`The shop answered ${status} to an order.`);
}

/** A person dispatches the workflow that takes the last release back, with its data. */
export async function beginRestore(
  world: World,
  number: number,
): Promise<{ job: Job; done: Promise<StepResult> }> {
  const { github } = world;
  const sha = await github.git('rev-parse', 'main');
  const text = await github.git('show', `${sha}:${RESTORE.workflow}`);
  const payload = { repository: { default_branch: 'main' }, inputs: { reason: RESTORE.reason } };
  const event = { name: 'workflow_dispatch', payload };
  const steps = workflowSteps(text, actionsOf(world));
  const job = await startRun(world, { name: RESTORE.name, sha, steps, number, event });
  const done = job.result.then(({ steps: ended }) => {
    const step = ended.at(-1);
    if (step === undefined) throw new Error('The job had no steps.');
    return step;
  });
  return { job, done };
}

/** What did not come back as it should have; each a sentence. */
export function restoreFindings(options: {
  readonly step: StepResult;
  readonly inService: string | null;
  readonly before: readonly Order[];
  readonly spoiled: readonly Order[];
  readonly after: readonly Order[];
}): string[] {
  const { step, inService, before, spoiled, after } = options;
  const { decision = 'none' } = step.outputs;
  const isSame = (one: readonly Order[], other: readonly Order[]) =>
    JSON.stringify(one) === JSON.stringify(other);
  const { data } = JSON.parse(step.outputs.result ?? '{}') as { data?: { result?: string } };
  return [
    ...(decision === 'rolled-back' ? [] : [`The rollback ended as ${decision}.`]),
    ...(inService === RESTORE.inService
      ? []
      : [`${inService ?? 'Nothing'} is in service after the rollback.`]),
    ...(data?.result === 'done' ? [] : ['The record does not say that the data was restored.']),
    ...(isSame(before, spoiled) ? ['1.4 did not spoil the orders.'] : []),
    ...(isSame(before, after) ? [] : ['The orders are not what they were before 1.4.']),
  ];
}
