/** One request and its answer, as the server saw them. */
export interface RequestRecord {
  /** From 1, in the order of arrival. */
  readonly seq: number;
  readonly method: string;
  /** With the query string. */
  readonly path: string;
  /** GitHub's operation id, the root fields of a GraphQL document joined by a comma, or `unknown`. */
  route: string;
  /** 0 while there is none, and when the connection was broken instead. */
  status: number;
  /** Of `performance.now()`. */
  readonly startedAt: number;
  endedAt: number;
  /** The token's name. */
  token: string;
  body: unknown;
  responseBody?: unknown;
  /** The fault that it met. */
  fault?: string;
}

/** A request or an answer that is not what GitHub's published description allows. */
export interface Violation {
  readonly seq: number;
  readonly direction: 'request' | 'response';
  readonly route: string;
  readonly problems: readonly string[];
}
