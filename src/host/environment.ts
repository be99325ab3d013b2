/** Carries the mark by which processes of a script are found again, wherever they went. */
export const MARKER_NAME = 'GATED_RELEASE_SCRIPT';

const FILE_COMMANDS = new Set([
  'GITHUB_ARTIFACTS',
  'GITHUB_ENV',
  'GITHUB_OUTPUT',
  'GITHUB_PATH',
  'GITHUB_STATE',
  'GITHUB_STEP_SUMMARY',
]);
const OIDC = new Set(['ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'ACTIONS_ID_TOKEN_REQUEST_URL']);

/**
 * The environment of a script: the step's own, without what would let the script speak to the runner in this
 * action's name (its inputs with the tokens, its state, its outputs, the runtime token).
 */
export function scriptEnvironment(options: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly oidc: boolean;
  readonly added: Readonly<Record<string, string>>;
  readonly marker: string;
}): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.env)) {
    if (value !== undefined && isKept(name, options.oidc)) kept[name] = value;
  }
  return { ...kept, ...options.added, [MARKER_NAME]: options.marker };
}

function isKept(name: string, oidc: boolean): boolean {
  if (name.startsWith('ACTIONS_')) return oidc && OIDC.has(name);
  return !name.startsWith('INPUT_') && !name.startsWith('STATE_') && !FILE_COMMANDS.has(name);
}
