/**
 * What GitHub matches by value: names of refs, ids of objects, paths, states. They come from the plan and from git,
 * never from output of a script. A secret that happens to equal one of them (a variable whose value is `production`)
 * must not turn a write to one branch into a write to another.
 */
const IDENTITIES = new Set([
  'query',
  'ref',
  'name',
  'branchName',
  'repositoryNameWithOwner',
  'repositoryId',
  'expectedHeadOid',
  'beforeOid',
  'afterOid',
  'sha',
  'head_sha',
  'base_tree',
  'tree',
  'parents',
  'path',
  'mode',
  'type',
  'status',
  'state',
  'conclusion',
  'context',
  'environment',
  'task',
  'external_id',
  'annotation_level',
  'service',
  'release',
  'details_url',
  'base',
  'head',
  'labels',
  'state_reason',
  'target_url',
  'log_url',
]);

/** The body of a request with every secret in its texts replaced, base64 contents of files included. */
export function redactBody(body: string, redact: (text: string) => string): string {
  return JSON.stringify(walk(JSON.parse(body), redact));
}

/**
 * The record is made of fields whose texts were redacted one by one as they were written down. Replacing in the
 * whole text once more could only destroy it: a variable whose value is `canary` would take the stage of that name.
 */
export function isRecord(path: string): boolean {
  return /(?:^|\/)(?:events\.jsonl|current\.json)$/.test(path);
}

function walk(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => walk(item, redact));
  if (typeof value !== 'object' || value === null || isFileOfTheRepository(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, redactField({ key, item, redact })]),
  );
}

function redactField(field: {
  readonly key: string;
  readonly item: unknown;
  readonly redact: (text: string) => string;
}): unknown {
  const { key, item, redact } = field;
  if (key === 'additions' && Array.isArray(item)) return item.map((file) => redactFile(file, redact));
  const isIdentity = IDENTITIES.has(key) && (typeof item === 'string' || isTexts(item));
  return isIdentity ? item : walk(item, redact);
}

/** GraphQL takes files as base64: replacing inside the encoded text would break it, and would find little. */
function redactFile(file: unknown, redact: (text: string) => string): unknown {
  if (typeof file !== 'object' || file === null || !('contents' in file)) return walk(file, redact);
  if ('path' in file && isRecord(String(file.path))) return file;
  const plain = Buffer.from(String(file.contents), 'base64').toString('utf8');
  return { ...file, contents: Buffer.from(redact(plain), 'utf8').toString('base64') };
}

/** A blob is a merge of what is in the repository already, and an entry of the record is redacted by its fields. */
function isFileOfTheRepository(value: object): boolean {
  if (!('content' in value)) return false;
  return 'encoding' in value || ('path' in value && isRecord(String(value.path)));
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
