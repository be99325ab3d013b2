import { spawn } from 'node:child_process';

export interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs git in a bare repository, untouched by the machine's own configuration. */
export function runGit(
  repository: string,
  args: readonly string[],
  options: { readonly input?: string | Buffer } = {},
): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', [...args], { cwd: repository, env: isolatedEnvironment() });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({
        code: code ?? 128,
        stdout: Buffer.concat(out),
        stderr: Buffer.concat(err).toString().trim(),
      });
    });
    // git may end before it has read everything; its exit code tells what happened.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/** The output of a git command that has to succeed. */
export async function gitOutput(
  repository: string,
  args: readonly string[],
  options: { readonly input?: string | Buffer } = {},
): Promise<string> {
  const { code, stdout, stderr } = await runGit(repository, args, options);
  if (code !== 0) throw new Error(`git ${args.join(' ')} in ${repository} ended with ${code}: ${stderr}`);
  return stdout.toString();
}

export function isolatedEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
  return {
    ...Object.fromEntries(kept),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Sandbox',
    GIT_AUTHOR_EMAIL: 'sandbox@example.com',
    GIT_COMMITTER_NAME: 'Sandbox',
    GIT_COMMITTER_EMAIL: 'sandbox@example.com',
    LC_ALL: 'C',
  };
}
