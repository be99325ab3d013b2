import picomatch from 'picomatch';

/** Names under which secrets are usually kept. A store is not encrypted, so a wildcard must not sweep them in. */
const SECRETLIKE = [
  '.env',
  '.env.!(example|sample|template|dist)',
  '*.env',
  '*.pem',
  '*.key',
  '*.p12',
  '*.pfx',
  '*.jks',
  '*.keystore',
  '*.kdbx',
  '*.ppk',
  'id_{rsa,dsa,ecdsa,ed25519}',
  '.netrc',
  '.npmrc',
  '.pypirc',
  '.pgpass',
  '.my.cnf',
  '.htpasswd',
  '.git-credentials',
  'kubeconfig',
  'secrets.{yml,yaml,json,toml}',
  '*.tfstate',
];

/** The same for whole paths. `.git/config` holds the token of the checkout when it was told to persist it. */
const SECRETLIKE_PATHS = [
  '**/.ssh/**',
  '**/.gnupg/**',
  '**/.aws/**',
  '**/.kube/**',
  '**/.docker/config.json',
  '**/.git/config',
];

const OPTIONS = { dot: true, flags: 'is' } as const;
const isSecretName = picomatch(SECRETLIKE, OPTIONS);
const isSecretPath = picomatch(SECRETLIKE_PATHS, OPTIONS);

/** Whether a file's name says that it holds a secret. It looks at names only, never into a file. */
export function isSecretlike(path: string): boolean {
  return isSecretName(path.slice(path.lastIndexOf('/') + 1)) || isSecretPath(path);
}
