// One HTTP exchange, as the drivers see it.

/** Bytes to send: in memory, or a stream of exactly `size` bytes that is opened once per request. */
export type HttpBody = Uint8Array | StreamedBody;

export interface StreamedBody {
  readonly size: number;
  open(): AsyncIterable<Uint8Array>;
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE' | 'COPY';
  /** `https://host` or `https://host:port`. */
  readonly origin: string;
  /** Path and query exactly as they go on the wire: already percent-encoded, never normalised. */
  readonly path: string;
  /** Without Content-Length. Names in lower case, values in Latin-1. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
  readonly signal: AbortSignal;
  /** Longest silence before the answer's headers, for operations that a provider is known to take long over. */
  readonly answerWithinMs?: number;
  /** Of one of many requests: the largest answer that is taken into memory; a larger one fails. Default: the client's limit. */
  readonly maxAnswerBytes?: number;
}

/** Names in lower case. A header that came more than once has its values joined by `, `. */
export type HttpHeaders = Readonly<Record<string, string | undefined>>;

export interface HttpAnswer {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: Buffer;
}

export interface HttpStream {
  readonly status: number;
  readonly headers: HttpHeaders;
  /**
   * Holds a connection until it was read to its end, or left after its first step, as `break` in a loop does. Rejects with
   * HttpError when the answer is cut short.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Where the ends of requests are reported, each once. `subject`: what the caller gave with the request. */
export interface RequestEnds<Subject> {
  answered(subject: Subject, answer: HttpAnswer): void;
  /** With HttpError, or the signal's reason. */
  failed(subject: Subject, error: unknown): void;
}

/** Many requests under one signal, each at the cost of one object; their bodies are in memory. */
export interface QuickRequests<Subject> {
  /** The end may be reported before this returns. `request.signal` is not looked at. */
  begin(request: HttpRequest, subject: Subject): void;
  /** To be called when no request is under way any more. */
  close(): void;
}

/**
 * `request` and `stream` reject with HttpError, with what the body's own stream threw, or with the signal's reason. A status is
 * never an error here. No request is ever repeated: retries belong to the caller, which knows whether the body can be
 * opened again.
 */
export interface HttpClient {
  /** The whole answer in memory; one that is larger than the client's limit rejects. */
  request(request: HttpRequest): Promise<HttpAnswer>;
  /** Resolves with the answer's headers. */
  stream(request: HttpRequest): Promise<HttpStream>;
  /**
   * Resolves when requests can be begun without a promise for each; they end when `signal` is aborted. Rejects with HttpError
   * when no connection can be set up with the settings.
   */
  openRequests<Subject>(
    ends: RequestEnds<Subject>,
    signal: AbortSignal,
  ): Promise<QuickRequests<Subject>>;
  /** Drops what is under way. A second call does nothing. */
  close(): Promise<void>;
}

/**
 * No usable answer: `unreachable` (nothing was sent: name, route, TLS), `timeout`, `broken` (the connection ended, or
 * what came is no HTTP).
 */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly kind: 'unreachable' | 'timeout' | 'broken';
  /** Node's or undici's code, such as `ECONNREFUSED` or `UND_ERR_BODY_TIMEOUT`. */
  readonly code: string | undefined;

  constructor(message: string, kind: HttpError['kind'], code: string | undefined, cause: unknown) {
    super(message, { cause });
    this.kind = kind;
    this.code = code;
  }
}
