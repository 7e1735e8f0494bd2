import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../log.js';
import { onAbort } from '../signal.js';
import { type Answer, type Caller, isStream, type JsonAnswer, type StreamAnswer } from './api.js';
import type { Router } from './router.js';

/** Of a request's body; no order of this API is longer. */
export const LARGEST_BODY = 16 * 1024;

export interface ExchangeOptions {
  readonly router: Router;
  readonly caller: Caller;
  readonly log: Logger;
  /** Headers of each answer, with names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Aborted: streams end. */
  readonly closing: AbortSignal;
}

/** Answers one HTTP request by the route that it names. Never rejects: whatever goes wrong becomes an answer, or a cut connection. */
export async function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  options: ExchangeOptions,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('the caller has gone')));
  const unlink = onAbort(options.closing, () => gone.abort(options.closing.reason));
  try {
    const answer = await answerOf(request, options, gone.signal);
    await writeAnswer(response, answer, options.headers, gone.signal);
  } catch (error) {
    if (!gone.signal.aborted) options.log.warn('control answer not sent', { error });
    response.destroy();
  } finally {
    unlink();
  }
}

async function answerOf(
  request: IncomingMessage,
  { router, caller, log }: ExchangeOptions,
  signal: AbortSignal,
): Promise<Answer> {
  const { method = 'GET', url = '/' } = request;
  try {
    const body = await readBody(request);
    if ('refused' in body) return body.refused;
    const lastEventId = request.headers['last-event-id'];
    return await router.answer({
      method,
      target: url,
      body: body.json,
      caller,
      signal,
      ...(typeof lastEventId === 'string' && { lastEventId }),
    });
  } catch (error) {
    if (!signal.aborted) log.error('control request failed', { method, path: pathOf(url), error });
    const message = error instanceof Error ? error.message : String(error);
    return { status: 500, body: { error: message } };
  }
}

/** Without its query, which may have names of files. */
function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}

/** The JSON of the request's body; undefined where it has none. */
async function readBody(
  request: IncomingMessage,
): Promise<{ readonly json: unknown } | { readonly refused: JsonAnswer }> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    // What is too long is read to its end all the same: to break off would cut the connection before the answer.
    if (length <= LARGEST_BODY) chunks.push(chunk);
  }
  if (length > LARGEST_BODY) return refuse(413, `the body is longer than ${LARGEST_BODY} bytes`);
  if (length === 0) return { json: undefined };
  try {
    return { json: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown };
  } catch {
    return refuse(400, 'the body is no JSON');
  }
}

function refuse(status: number, error: string): { readonly refused: JsonAnswer } {
  return { refused: { status, body: { error } } };
}

/**
 * Writes an answer and ends the response. Of a stream each chunk waits until the one before has left. Rejects when the stream
 * does; resolves when the caller has gone or was cut off.
 */
export async function writeAnswer(
  response: ServerResponse,
  answer: Answer,
  headers: Readonly<Record<string, string>> = {},
  signal: AbortSignal,
): Promise<void> {
  if (isStream(answer)) return writeStream(response, answer, headers, signal);
  const json = `${JSON.stringify(answer.body)}\n`;
  response.writeHead(answer.status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(json),
    ...headers,
  });
  response.end(json);
}

async function writeStream(
  response: ServerResponse,
  { status, contentType, headers: own = {}, chunks, cutOff }: StreamAnswer,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const forget = cutOff === undefined ? () => {} : onAbort(cutOff, () => response.destroy());
  response.writeHead(status, { 'content-type': contentType, ...own, ...headers });
  response.flushHeaders();
  try {
    for await (const chunk of chunks) {
      if (signal.aborted) break;
      if (!response.write(chunk)) await drained(response);
    }
    response.end();
  } finally {
    forget();
  }
}

/** Resolves when the response takes more, or is closed. */
function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
