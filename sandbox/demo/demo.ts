import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { close, whereToLook } from './closing.js';
import { REQUESTS_PER_SECOND } from './customers.js';
import { writeFiles } from './files.js';
import { findingsOf, leftBehind } from './findings.js';
import { follow } from './follow.js';
import { outcome } from './outcome.js';
import { begin, logOf, type Performed } from './perform.js';
import { RELEASES, RESTORE, type Release } from './releases.js';
import { mustHaveTools } from './requirements.js';
import { beginRestore, type Order, ordersOf, placeOrder, restoreFindings } from './restore.js';
import { openScreen, type Screen } from './screen.js';
import { seconds } from './text.js';
import { checkoutDirectory, openWorld, type World } from './world.js';

const startedAt = Date.now();
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interrupted.abort());
}
// Whoever reads may leave, as `| head` does: then nothing must be left running either.
process.stdout.on('error', () => interrupted.abort());

process.exitCode = await run(openScreen());

/** Returns the exit code: 0 all as it should be, 1 not so, 130 interrupted. */
async function run(screen: Screen): Promise<number> {
  let world: World | null = null;
  try {
    mustHaveTools();
    const directory = await newDirectory();
    introduce(screen);
    world = await openWorld(directory);
    return await tell(world, screen);
  } catch (error) {
    screen.line();
    screen.paragraph(`The demo broke off: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    await world?.stop();
  }
}

async function tell(world: World, screen: Screen): Promise<number> {
  const place = relative(process.cwd(), world.directory);
  const performed: Performed[] = [];
  const findings: string[] = [];
  const written: Record<string, readonly string[]> = {};
  screen.paragraph(
    `The shop 1.0 is live, and no release of it was ever made by the action. From now on its users send ${REQUESTS_PER_SECOND} requests a second.`,
  );
  let before: readonly Order[] = [];
  for (const [index, release] of RELEASES.entries()) {
    // What the last of them spoils.
    if (index === RELEASES.length - 1) before = await someOrders(world);
    const one = await perform(world, { release, number: index + 1, screen, place });
    if (one === null) {
      await world.stop();
      screen.line();
      screen.paragraph(`Interrupted. Everything has been stopped; what there was is in ${place}.`);
      return 130;
    }
    written[release.version] = await writeFiles(world, one);
    findings.push(...(await findingsOf(world, one)));
    performed.push(one);
    await outcome(world, { performed: one, screen });
  }
  const restored = await restore(world, { before, number: RELEASES.length + 1, screen, place });
  if (restored === null) {
    await world.stop();
    return 130;
  }
  findings.push(...restored);
  await close({ world, performed, screen });
  whereToLook({ place, written, screen });
  await world.stop();
  return judge([...findings, ...(await leftBehind(world))], screen);
}

/** Null when it was interrupted. */
async function perform(
  world: World,
  options: { release: Release; number: number; screen: Screen; place: string },
): Promise<Performed | null> {
  const { release, number, screen, place } = options;
  screen.line();
  screen.line(screen.paint('bold', `${number}. Release ${release.version}: ${release.heading}`));
  screen.paragraph(release.story, '   ');
  if (interrupted.signal.aborted) return null;
  const { sha, job, done } = await begin(world, release, number);
  screen.line();
  screen.line(
    screen.paint(
      'dim',
      `   ${sha.slice(0, 7)} on main; log of the job: ${join(place, relative(world.directory, logOf(world, release)))}`,
    ),
  );
  const following = follow({ world, release, sha, screen });
  const lose = () => job.lose();
  interrupted.signal.addEventListener('abort', lose);
  if (interrupted.signal.aborted) lose();
  try {
    const performed = await done;
    return interrupted.signal.aborted ? null : performed;
  } finally {
    following.stop();
    interrupted.signal.removeEventListener('abort', lose);
  }
}

async function someOrders(world: World): Promise<readonly Order[]> {
  await placeOrder(world, { item: 'a blue teapot', amount: 1 });
  await placeOrder(world, { item: 'biscuits', amount: 12 });
  return ordersOf(world);
}

/** A person takes the last release back, with its data. Null when it was interrupted. */
async function restore(
  world: World,
  options: { before: readonly Order[]; number: number; screen: Screen; place: string },
): Promise<readonly string[] | null> {
  const { before, number, screen, place } = options;
  const told = (orders: readonly Order[]) =>
    orders.map(({ item, amount }) => `${amount} x ${item}`).join(', ');
  const spoiled = await ordersOf(world);
  screen.line();
  screen.line(screen.paint('bold', `${number}. ${RESTORE.heading}`));
  screen.paragraph(RESTORE.story, '   ');
  screen.line();
  screen.paragraph(`orders before 1.4: ${told(before)}`, '   ');
  screen.paragraph(`orders now:        ${told(spoiled)}`, '   ');
  if (interrupted.signal.aborted) return null;
  const { job, done } = await beginRestore(world, number);
  const lose = () => job.lose();
  interrupted.signal.addEventListener('abort', lose);
  const step = await done.finally(() => interrupted.signal.removeEventListener('abort', lose));
  if (interrupted.signal.aborted) return null;
  const after = await ordersOf(world);
  const { data } = JSON.parse(step.outputs.result ?? '{}') as { data?: { note?: string } };
  screen.paragraph(`orders afterwards: ${told(after)}`, '   ');
  screen.paragraph(
    `decision ${step.outputs.decision ?? 'none'}; ${data?.note ?? 'no data was restored'}`,
    '   ',
  );
  screen.line(screen.paint('dim', `   log of the job: ${join(place, RESTORE.name, 'log.txt')}`));
  const inService = world.shop.version('stable');
  return restoreFindings({ step, inService, before, spoiled, after });
}

function judge(findings: readonly string[], screen: Screen): number {
  screen.line();
  const took = seconds(Date.now() - startedAt);
  if (findings.length === 0) {
    screen.line(screen.paint('green', `All as it should be, in ${took}. Nothing is left running.`));
    return 0;
  }
  screen.line(screen.paint('red', `Not as it should be (${took}):`));
  for (const finding of findings) screen.paragraph(finding, '   ');
  return 1;
}

function introduce(screen: Screen): void {
  screen.line(
    screen.paint('bold', 'Gated Release: four releases of a small shop, and one taken back by hand'),
  );
  screen.paragraph(
    `The packaged action runs in a local world: a GitHub over a real git repository, a runner, and the shop with
     its router. Nothing leaves this machine. It takes about two minutes; Ctrl-C ends everything.`,
  );
  screen.line();
}

async function newDirectory(): Promise<string> {
  const stamp = new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const all = join(checkoutDirectory(), '.demo');
  await mkdir(all, { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const directory = join(all, attempt === 1 ? stamp : `${stamp}-${attempt}`);
    try {
      await mkdir(directory);
      return directory;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
