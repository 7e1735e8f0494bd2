import { onAbort } from '../../signal.js';
import { type Flow, joined, type RawHeaders } from './answer.js';
import {
  type HttpAnswer,
  HttpError,
  type HttpRequest,
  type QuickRequests,
  type RequestEnds,
} from './exchange.js';
import { httpError } from './failure.js';

/** Where the answer to one request goes, piece by piece. Its methods have the names and arguments that undici calls them with. */
export interface AnswerHandler {
  onRequestStart(sender: Sender): void;
  onResponseStart(sender: Sender, status: number, headers: RawHeaders): void;
  onResponseData(sender: Sender, chunk: Buffer): void;
  onResponseEnd(): void;
  onResponseError(sender: Sender, error: Error): void;
}

type Sender = Pick<Flow, 'abort'>;

export interface QuickRequestsOptions {
  /** Sends a request, and gives the answer to the handler. */
  readonly dispatch: (request: HttpRequest, handler: AnswerHandler) => void;
  readonly maxAnswerBytes: number;
}

export function quickRequests<Subject>(
  { dispatch, maxAnswerBytes }: QuickRequestsOptions,
  ends: RequestEnds<Subject>,
  signal: AbortSignal,
): QuickRequests<Subject> {
  const underWay = new Set<QuickExchange<Subject>>();
  const batch: Batch<Subject> = { underWay, ends, maxAnswerBytes };
  const forget = onAbort(signal, () => {
    for (const exchange of underWay) exchange.fail(signal.reason);
  });
  return {
    begin(request, subject) {
      if (signal.aborted) {
        ends.failed(subject, signal.reason);
        return;
      }
      const exchange = new QuickExchange(batch, request, subject);
      underWay.add(exchange);
      dispatch(request, exchange);
    },
    close: forget,
  };
}

/** What the requests of a batch share. */
interface Batch<Subject> {
  readonly underWay: Set<QuickExchange<Subject>>;
  readonly ends: RequestEnds<Subject>;
  readonly maxAnswerBytes: number;
}

const NO_CHUNKS: readonly Buffer[] = [];

/** One request and its answer. */
class QuickExchange<Subject> implements AnswerHandler {
  readonly #batch: Batch<Subject>;
  readonly #request: HttpRequest;
  readonly #subject: Subject;
  #sender: Sender | undefined;
  #status = 0;
  #headers: HttpAnswer['headers'] = {};
  #chunks = NO_CHUNKS;
  #bytes = 0;

  constructor(batch: Batch<Subject>, request: HttpRequest, subject: Subject) {
    this.#batch = batch;
    this.#request = request;
    this.#subject = subject;
  }

  /** True for the first end, which is the one to be reported. */
  #isFirstEnd(): boolean {
    return this.#batch.underWay.delete(this);
  }

  fail(error: unknown): void {
    if (!this.#isFirstEnd()) return;
    const reason = error instanceof Error ? error : new Error('aborted', { cause: error });
    this.#sender?.abort(reason);
    this.#batch.ends.failed(this.#subject, error);
  }

  onRequestStart(sender: Sender): void {
    this.#sender = sender;
    if (!this.#batch.underWay.has(this)) sender.abort(new Error('aborted before it was sent'));
  }

  onResponseStart(_sender: Sender, status: number, headers: RawHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = joined(headers);
  }

  onResponseData(_sender: Sender, chunk: Buffer): void {
    const { maxAnswerBytes = this.#batch.maxAnswerBytes } = this.#request;
    this.#bytes += chunk.byteLength;
    this.#chunks = [...this.#chunks, chunk];
    if (this.#bytes <= maxAnswerBytes) return;
    const problem = `an answer of more than ${maxAnswerBytes} bytes`;
    this.fail(new HttpError(problem, 'broken', undefined, undefined));
  }

  onResponseEnd(): void {
    if (!this.#isFirstEnd()) return;
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks);
    const answer = { status: this.#status, headers: this.#headers, body };
    this.#batch.ends.answered(this.#subject, answer);
  }

  onResponseError(_sender: Sender, error: Error): void {
    this.fail(httpError(error, this.#request));
  }
}
