import type { Claim } from '../provider.js';

/** The claim on a database as a whole. Two names of one server that is not this machine are not told apart. */
export function claimOfDatabase(
  kind: 'postgres' | 'mysql',
  { host, port, name }: { readonly host: string; readonly port: string; readonly name: string },
): Claim {
  const isHere = ['', 'localhost', '127.0.0.1', '[::1]', '::1'].includes(host.toLowerCase());
  const at = `${kind}://${isHere ? 'localhost' : host.toLowerCase()}:${port}/${name}`;
  return { paths: [at], covers: (path) => path === at };
}
