import { type HttpAnswer, HttpError, type HttpHeaders, type HttpStream } from './exchange.js';

/** What turns the pieces of an answer, as they arrive, into the value that the caller waits for. */
export interface AnswerSink<T> {
  started(flow: Flow, status: number, headers: RawHeaders, resolve: (value: T) => void): void;
  received(chunk: Buffer): void;
  ended(resolve: (value: T) => void): void;
  failed(error: unknown): void;
}

/** The sender's tap. */
export interface Flow {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

export type RawHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A header that came more than once has its values joined. */
export function joined(headers: RawHeaders): HttpHeaders {
  for (const name in headers) {
    const value = headers[name];
    if (Array.isArray(value))
      return Object.fromEntries(
        Object.entries(headers).map(([key, each]) => [
          key,
          Array.isArray(each) ? each.join(', ') : each,
        ]),
      );
  }
  return headers as HttpHeaders;
}

export function bufferedAnswer(limit: number): AnswerSink<HttpAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  let head:
    | { readonly flow: Flow; readonly status: number; readonly headers: HttpHeaders }
    | undefined;
  return {
    started(flow, status, headers) {
      head = { flow, status, headers: joined(headers) };
    },
    received(chunk) {
      size += chunk.byteLength;
      if (size > limit)
        head?.flow.abort(
          new HttpError(`an answer of more than ${limit} bytes`, 'broken', undefined, undefined),
        );
      else chunks.push(chunk);
    },
    ended(resolve) {
      if (head !== undefined)
        resolve({
          status: head.status,
          headers: head.headers,
          body: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks),
        });
    },
    failed() {},
  };
}

/** Bytes that wait for a slow reader before the connection is paused. */
const HIGH_WATER = 2 ** 20;

export function streamedAnswer(signal: AbortSignal): AnswerSink<HttpStream> {
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  let flow: Flow | undefined;
  let end: { readonly error?: unknown } | undefined;
  let wake = () => {};

  async function* read(): AsyncIterable<Uint8Array> {
    try {
      for (;;) {
        signal.throwIfAborted();
        const chunk = waiting.shift();
        if (chunk !== undefined) {
          waitingBytes -= chunk.byteLength;
          if (waitingBytes === 0) flow?.resume();
          yield chunk;
        } else if (end !== undefined) {
          if ('error' in end) throw end.error;
          return;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      if (end === undefined) flow?.abort(new Error('the reader left'));
    }
  }
  return {
    started(started, status, headers, resolve) {
      flow = started;
      resolve({ status, headers: joined(headers), body: read() });
    },
    received(chunk) {
      waiting.push(chunk);
      waitingBytes += chunk.byteLength;
      if (waitingBytes >= HIGH_WATER) flow?.pause();
      wake();
    },
    ended() {
      end = {};
      wake();
    },
    failed(error) {
      end ??= { error };
      wake();
    },
  };
}

/** The beginning of an answer's body as text; the rest is left. For error documents, whose reason stands at the start. */
export async function beginningAsText(
  body: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > limit) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}
