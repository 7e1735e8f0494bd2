import type { Call } from '../call.js';
import { beginningAsText } from './answer.js';
import { type AnswerRule, flawIn, flawInRefusal, type Protocol, unproven } from './answer-rules.js';
import type {
  HttpAnswer,
  HttpBody,
  HttpClient,
  HttpHeaders,
  HttpRequest,
  HttpStream,
  RequestEnds,
} from './exchange.js';
import { type OpenRequests, openRequests } from './open-requests.js';
import { bodyBytes } from './over-quota.js';
import { fromTransport, type Subject } from './refusal.js';

// The part of a storage client that every provider needs: prepare a request, judge the answer, mend what a repeated
// request mends, and turn the rest into an error. What differs is the provider's Dialect.

/** A request before the provider's credentials and address are added. */
export interface ProviderRequest<Operation extends string> extends Subject {
  /** Names the rule that the answer must satisfy. */
  readonly operation: Operation;
  readonly method: HttpRequest['method'];
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
  /** Default true; false for a body that can be opened once. */
  readonly replayable?: boolean;
  readonly answerWithinMs?: number;
  /** A status besides 2xx that is an answer and no error. */
  readonly accept?: number;
  /** As in HttpRequest. */
  readonly maxAnswerBytes?: number;
  /** Of one of many requests: the body of a success is the content of an object, which is not judged. */
  readonly answersContent?: true;
}

/**
 * Rejects as `Dialect.toError` says for an answer other than 2xx, with UnprovenAnswerError for one that does not satisfy
 * the rule of its operation, and with TargetUnavailableError when there is no answer. Sends a request again only after
 * `Dialect.remedy`.
 */
export interface ProviderClient<Request> {
  request(request: Request, call: Call): Promise<HttpAnswer>;
  stream(request: Request, call: Call): Promise<HttpStream>;
  /**
   * Resolves when requests with a body in memory can be begun, each with the same credentials and without a promise. Their
   * ends are reported with the errors that `request` rejects with, but none is sent again: `request` finds out what helps.
   */
  openRequests<R extends Request>(ends: RequestEnds<R>, call: Call): Promise<OpenRequests<R>>;
}

/** A refusal as the provider's error document describes it. */
export interface ProviderFailure {
  readonly status: number;
  readonly requestId: string | undefined;
  /** Why it cannot be taken for the provider's own answer; undefined: it can. */
  readonly flaw?: string | undefined;
}

/** Status and headers, which a buffered and a streamed answer share. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: HttpHeaders;
}

/** One use of the credentials. */
export interface Try<Request, Access> {
  readonly request: Request;
  readonly access: Access;
  /** How often the request was sent before. */
  readonly repeats: number;
}

/** How the answers of one provider's protocol are read and judged. */
export interface AnswerReader<Operation extends string, Failure extends ProviderFailure> {
  readonly protocol: Protocol;
  readonly rules: Readonly<Record<Operation, AnswerRule>>;
  /** Reads an answer that is no success, or (with an empty body) one whose success is not proven. */
  readFailure(answer: AnswerHead, body: string): Failure;
  /** The failure that the body of a 2xx answer reports; undefined: it reports none. */
  failureInside?(answer: AnswerHead, body: string): Failure | undefined;
}

/** What one provider does in its own way. `Access`: its credentials, session or token. */
export interface Dialect<
  Request extends ProviderRequest<string>,
  Access,
  Failure extends ProviderFailure,
> extends AnswerReader<Request['operation'], Failure> {
  /** Bytes of a body that are read to judge it. */
  readonly bodyLimits: { readonly success: number; readonly refusal: number };
  /** How often one request may be sent again. */
  readonly maxRepeats: number;
  access(call: Call): Promise<Access>;
  prepare(request: Request, access: Access, call: Call): HttpRequest;
  /** Called for each answer that is the provider's own. `failure` undefined: a success. */
  onAnswer?(answer: AnswerHead, failure: Failure | undefined, access: Access): void;
  /**
   * `repeat`: the reason of the failure is removed, and the same request has a better chance. `believe`: the answer
   * counts although it does not prove itself. Undefined: neither.
   */
  remedy(
    failure: Failure,
    tried: Try<Request, Access>,
    call: Call,
  ): Promise<'repeat' | 'believe' | undefined>;
  /** `remedied`: the reason is removed, so the caller's next try has a better chance. */
  toError(failure: Failure, request: Request, remedied: boolean): unknown;
}

export function createProviderClient<
  Request extends ProviderRequest<string>,
  Access,
  Failure extends ProviderFailure,
>(http: HttpClient, dialect: Dialect<Request, Access, Failure>): ProviderClient<Request> {
  const { bodyLimits, maxRepeats, protocol } = dialect;
  /** The largest body that the provider has stored. Bytes. */
  let largestStored = 0;

  /** `body` of textOf undefined: the content of an object, which is not judged. */
  async function perform<A extends AnswerHead>(
    request: Request,
    call: Call,
    send: (request: HttpRequest) => Promise<A>,
    textOf: (answer: A, isSuccess: boolean) => Promise<string | undefined>,
  ): Promise<A> {
    for (let repeats = 0; ; repeats += 1) {
      const access = await dialect.access(call);
      let answer: A;
      let failure: Failure | undefined;
      try {
        answer = await send(dialect.prepare(request, access, call));
        failure = failureIn(
          answer,
          await textOf(answer, isSuccess(answer.status)),
          request,
          dialect,
        );
      } catch (error) {
        throw fromTransport(error, protocol.driver);
      }
      if (failure?.flaw === undefined) dialect.onAnswer?.(answer, failure, access);
      if (failure === undefined) {
        noteStored(request);
        return answer;
      }
      const remedy = await dialect.remedy(failure, { request, access, repeats }, call);
      if (remedy === 'believe') return answer;
      const remedied = remedy === 'repeat';
      if (!remedied || request.replayable === false || repeats >= maxRepeats)
        throw errorOf(failure, { ...request, largestStored }, remedied);
    }
  }

  function errorOf(failure: Failure, request: Request, remedied: boolean): unknown {
    return failure.flaw === undefined || remedied
      ? dialect.toError(failure, request, remedied)
      : unprovenError(failure, failure.flaw, request, protocol);
  }

  const beginningOf = ({ status, body }: HttpAnswer): string =>
    body.subarray(0, isSuccess(status) ? bodyLimits.success : bodyLimits.refusal).toString('utf8');

  function noteStored({ method, body }: Pick<Request, 'method' | 'body'>): void {
    if (method === 'PUT') largestStored = Math.max(largestStored, bodyBytes(body));
  }

  /** Reports an answer as a success, or as the error that it means. */
  function judge<R extends Request>(
    request: R,
    answer: HttpAnswer,
    access: Access,
    ends: RequestEnds<R>,
  ): void {
    const isContent = request.answersContent === true && isSuccess(answer.status);
    const text = isContent ? undefined : beginningOf(answer);
    const failure = failureIn(answer, text, request, dialect);
    if (failure?.flaw === undefined) dialect.onAnswer?.(answer, failure, access);
    if (failure !== undefined) {
      ends.failed(request, errorOf(failure, { ...request, largestStored }, false));
      return;
    }
    noteStored(request);
    ends.answered(request, answer);
  }

  return {
    openRequests: async (ends, call) => {
      const access = await dialect.access(call);
      const answered: typeof ends.answered = (request, answer) =>
        judge(request, answer, access, ends);
      const prepare = (request: Request) => dialect.prepare(request, access, call);
      return openRequests(http, { ...ends, answered }, prepare, protocol.driver, call);
    },
    request: (request, call) =>
      perform(request, call, http.request, async (answer) => beginningOf(answer)),
    stream: (request, call) =>
      perform(request, call, http.stream, async ({ body }, success) =>
        success ? undefined : beginningAsText(body, bodyLimits.refusal),
      ),
  };
}

/**
 * What is wrong with the answer to a request; undefined: the operation has succeeded, and the answer proves it. `body`
 * undefined: the content of an object.
 */
export function failureIn<Operation extends string, Failure extends ProviderFailure>(
  { status, headers }: AnswerHead,
  body: string | undefined,
  request: ProviderRequest<Operation>,
  reader: AnswerReader<Operation, Failure>,
): Failure | undefined {
  const { protocol, rules } = reader;
  const answer = { status, headers, body: request.method === 'HEAD' ? undefined : body };
  if (!isSuccess(status)) {
    const flaw = flawInRefusal(answer, protocol);
    if (status === request.accept && flaw === undefined) return undefined;
    return { ...reader.readFailure(answer, body ?? ''), flaw };
  }
  const inside = body === undefined ? undefined : reader.failureInside?.(answer, body);
  if (inside !== undefined) return inside;
  const flaw = flawIn(answer, rules[request.operation], protocol, request);
  return flaw === undefined ? undefined : { ...reader.readFailure(answer, ''), flaw };
}

/** An answer that does not prove what it says, as an error of the target. */
export function unprovenError(
  { status, requestId }: ProviderFailure,
  flaw: string,
  subject: Subject,
  protocol: Protocol,
): Error {
  const context = requestId === undefined ? {} : { requestId };
  return unproven({ status }, flaw, protocol, subject, context);
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}
