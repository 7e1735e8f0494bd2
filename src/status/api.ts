/** Who asks. The control socket lets each of its callers decide; a listener on the network gives each caller a role. */
export interface Caller {
  readonly via: 'socket' | 'listener';
  /** What the log names the caller by; `socket` for the control socket. */
  readonly session: string;
  /** `read` may look at everything and change nothing. */
  readonly role: Role;
}

export type Role = 'read' | 'decide';

/** The caller of the control socket, which only the daemon's own user and root can open. */
export const SOCKET_CALLER: Caller = { via: 'socket', session: 'socket', role: 'decide' };

export interface ApiRequest {
  /** The parts of the path that the route names with a colon, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The parsed JSON of a POST; undefined where it had none. */
  readonly body: unknown;
  readonly caller: Caller;
  /** Aborted when the caller has gone, or the daemon closes. */
  readonly signal: AbortSignal;
  /** Of an event stream that was interrupted: the id of the last event that arrived. */
  readonly lastEventId?: string | undefined;
}

export type Answer = JsonAnswer | StreamAnswer;

export interface JsonAnswer {
  readonly status: number;
  /** Plain JSON. An error is `{ error: "what is wrong, and what to do" }`. */
  readonly body: unknown;
}

/** An answer that is written as it comes: an event stream, lines of JSON, or bytes. */
export interface StreamAnswer {
  readonly status: number;
  readonly contentType: string;
  /** Further headers, with names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly chunks: AsyncIterable<string | Uint8Array>;
  /** Aborted: the reader is too slow, and its connection is cut. */
  readonly cutOff?: AbortSignal;
}

/**
 * One question or order that a running daemon takes, on its control socket and on whatever else listens. `path` is absolute;
 * a part that begins with a colon stands for any one part: `/api/v1/mirrors/:mirror/queue`. What `answer` throws becomes an
 * answer: a RefusedError one of its own status, anything else a 500.
 */
export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** What the caller's role must be at least. */
  readonly needs: Role;
  answer(request: ApiRequest): Answer | Promise<Answer>;
}

/** Below this path are the routes that callers other than the CLI of the same machine may use, too. */
export const API = '/api/v1';

/** The daemon does not do what was asked; `status` is that of HTTP. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';

  readonly status: number;
  /** Members of the answer besides `error`. */
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(status: number, message: string, extra: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.status = status;
    this.extra = extra;
  }
}

export function ok(body: unknown): JsonAnswer {
  return { status: 200, body };
}

export function isStream(answer: Answer): answer is StreamAnswer {
  return 'chunks' in answer;
}
