import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Prometheus {
  readonly url: string;
  close(): Promise<void>;
}

/** A real Prometheus that scrapes some paths of one address every second; ready when all are there. */
export async function startPrometheus(target: string, paths: readonly string[]): Promise<Prometheus> {
  const directory = await mkdtemp(join(tmpdir(), 'prometheus-'));
  const jobs = paths.map(
    (path, i) =>
      `  - {job_name: job-${i}, metrics_path: ${path}, static_configs: [{targets: ["${target}"]}]}\n`,
  );
  const config = join(directory, 'prometheus.yml');
  await writeFile(config, `global: {scrape_interval: 1s}\nscrape_configs:\n${jobs.join('')}`);
  const port = await freePort();
  const process = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=native-histograms',
      '--log.level=error',
    ],
    { stdio: 'ignore' },
  );
  const url = `http://127.0.0.1:${port}`;
  const close = async () => {
    await end(process);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await untilScraped(url, { process, targets: paths.length });
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The first targets are scraped five seconds after the start. */
async function untilScraped(
  url: string,
  { process, targets }: { readonly process: ChildProcess; readonly targets: number },
): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline && process.exitCode === null) {
    const count = await upTargets(url).catch(() => 0);
    if (count === targets) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('prometheus did not scrape its targets in 30 s');
}

async function upTargets(url: string): Promise<number> {
  const answer = await fetch(`${url}/api/v1/query?query=count(up==1)`);
  const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
  return Number(data.result[0]?.value[1] ?? 0);
}

async function end(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null) return;
  process.kill('SIGKILL');
  await once(process, 'exit');
}
