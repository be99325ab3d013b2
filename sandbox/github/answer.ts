/** What a request is answered with, before headers that all answers have. */
export interface Answer {
  readonly status: number;
  /** JSON; a string or bytes with `content-type` in the headers go out as they are. Undefined: no body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ErrorDetail {
  readonly resource?: string;
  readonly field?: string;
  readonly code: string;
  readonly message?: string;
}

/** An answer that ends a request early, in GitHub's shape. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: readonly ErrorDetail[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The `type` of a GraphQL error. */
  readonly type: string;

  constructor(status: number, message: string, options: RefusalOptions = {}) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.errors = options.errors;
    this.headers = options.headers ?? {};
    this.type = options.type ?? TYPES[status] ?? 'UNPROCESSABLE';
  }
}

interface RefusalOptions {
  readonly errors?: readonly ErrorDetail[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly type?: string;
}

const TYPES: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
};

export function ok(body: unknown, headers?: Readonly<Record<string, string>>): Answer {
  return { status: 200, body, ...(headers === undefined ? {} : { headers }) };
}

export function created(body: { readonly url: string; readonly [key: string]: unknown }): Answer {
  return { status: 201, body, headers: { location: body.url } };
}

export function noContent(): Answer {
  return { status: 204 };
}

export function notFound(): Refusal {
  return new Refusal(404, 'Not Found');
}

/** 422 `Validation Failed`, with one detail. */
export function invalid(detail: ErrorDetail): Refusal {
  return new Refusal(422, 'Validation Failed', { errors: [detail] });
}

/** 422 with a message of its own. */
export function unprocessable(message: string): Refusal {
  return new Refusal(422, message);
}

/** 422 in the words of GitHub's body validation. */
export function malformed(problem: string): Refusal {
  return new Refusal(422, `Invalid request.\n\n${problem}`);
}
