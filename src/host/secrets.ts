type Environment = Readonly<Record<string, string | undefined>>;

const SECRET_NAME = /TOKEN|SECRET|PASSWORD|KEY|DSN/i;

/** Values that say nothing, though the variable's name sounds secret (`USE_TOKEN=enabled`). */
const PLAIN_WORD = /^(?:true|false|enabled?|disabled?|default|required|optional|always|undefined)$/i;

/**
 * Public by nature and printed everywhere. A `CACHE_KEY` that happens to be the commit must not turn the commit
 * into `***` in checks and in the ledger.
 */
const PUBLIC_NAMES = [
  'GITHUB_ACTOR',
  'GITHUB_BASE_REF',
  'GITHUB_ENVIRONMENT',
  'GITHUB_HEAD_REF',
  'GITHUB_JOB',
  'GITHUB_REF',
  'GITHUB_REF_NAME',
  'GITHUB_REPOSITORY',
  'GITHUB_REPOSITORY_OWNER',
  'GITHUB_RUN_ID',
  'GITHUB_RUN_NUMBER',
  'GITHUB_SERVER_URL',
  'GITHUB_SHA',
  'GITHUB_TRIGGERING_ACTOR',
  'GITHUB_WORKFLOW',
  'GITHUB_WORKSPACE',
  'HOME',
  'PWD',
  'RUNNER_OS',
  'RUNNER_TEMP',
  'USER',
];

/** The secret values in an environment: of the variables named, of those whose name says so, and inside URLs. */
export function secretsIn(env: Environment, names: readonly string[]): Set<string> {
  const secrets = new Set<string>();
  const known = new Set(PUBLIC_NAMES.map((name) => env[name]));
  for (const [name, value] of Object.entries(env)) {
    if (!value) continue;
    if (names.includes(name)) secrets.add(value);
    else if (SECRET_NAME.test(name) && !PLAIN_WORD.test(value) && !known.has(value)) secrets.add(value);
    for (const secret of secretsInUrls(value)) secrets.add(secret);
  }
  return secrets;
}

/** For each URL with userinfo: the URL as a whole, the userinfo, and the password as written and as meant. */
function secretsInUrls(text: string): string[] {
  return [...text.matchAll(/[a-z][a-z0-9+.-]*:\/\/([^\s"'<>]*)/gi)].flatMap(([url, rest = '']) => {
    const userinfo = userinfoOf(rest);
    if (userinfo === null) return [];
    const colon = userinfo.indexOf(':');
    const password = colon < 0 ? userinfo : userinfo.slice(colon + 1);
    // A reference such as `${PASSWORD}` in the text of a script is a name, not a value.
    return password === '' || password.startsWith('$') ? [] : [url, userinfo, password, decoded(password)];
  });
}

function userinfoOf(rest: string): string | null {
  const authority = rest.split(/[/?#]/, 1)[0] ?? '';
  if (authority.includes('@')) return authority.slice(0, authority.lastIndexOf('@'));
  // A password with an unescaped `/` ends the authority early; what follows the colon is then no port.
  const tornPassword = /^[^:]*:(?!\d*$)/.test(authority) && !authority.startsWith('[');
  return tornPassword && rest.includes('@') ? rest.slice(0, rest.lastIndexOf('@')) : null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
