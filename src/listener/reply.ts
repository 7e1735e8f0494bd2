import type { ServerResponse } from 'node:http';
import { type Answer, isStream } from '../status/api.js';
import { writeAnswer } from '../status/exchange.js';
import { errorPage } from './error-page.js';
import type { Refusal } from './refusal.js';
import { SECURITY_HEADERS } from './security-headers.js';

/** Text or bytes that are there as a whole: a page, an asset. */
export interface Content {
  readonly status: number;
  readonly type: string;
  readonly content: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Reply = Answer | Content | Refusal;

export const HTML = 'text/html; charset=utf-8';

export interface ReplyOptions {
  /** HEAD: everything but the content. */
  readonly headOnly: boolean;
  /** The caller is a browser that shows what comes: errors are pages. */
  readonly wantsPage: boolean;
  /** Part of the request was not read: the connection cannot be used again. */
  readonly close: boolean;
  readonly signal: AbortSignal;
}

/** Writes one reply, with the headers of security whatever it is. */
export async function writeReply(
  response: ServerResponse,
  reply: Reply,
  { headOnly, wantsPage, close, signal }: ReplyOptions,
): Promise<void> {
  const headers = { ...SECURITY_HEADERS, ...(close && { connection: 'close' }) };
  if ('error' in reply) return writeRefusal(response, reply, headers, wantsPage);
  if ('content' in reply) return writeContent(response, reply, headers);
  if (!isStream(reply)) return writeAnswer(response, reply, headers, signal);
  // What is downloaded may say more: a sandbox.
  const policy = reply.headers?.['content-security-policy'];
  const own = policy === undefined ? headers : { ...headers, 'content-security-policy': policy };
  if (!headOnly) return writeAnswer(response, reply, own, signal);
  await reply.chunks[Symbol.asyncIterator]().return?.();
  response.writeHead(reply.status, { 'content-type': reply.contentType, ...reply.headers, ...own });
  response.end();
}

function writeRefusal(
  response: ServerResponse,
  { status, error, headers = {} }: Refusal,
  common: Readonly<Record<string, string>>,
  wantsPage: boolean,
): void {
  const [type, content] = wantsPage
    ? [HTML, errorPage(status, error)]
    : ['application/json; charset=utf-8', `${JSON.stringify({ error })}\n`];
  writeContent(response, { status, type, content, headers }, common);
}

function writeContent(
  response: ServerResponse,
  { status, type, content, headers = {} }: Content,
  common: Readonly<Record<string, string>>,
): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(content),
    ...headers,
    ...common,
  });
  response.end(content);
}

/** A whole answer to what is no request, for a connection that is closed after it. */
export function rawRefusal(status: number, reason: string, error: string): string {
  const body = `${JSON.stringify({ error })}\n`;
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${reason}`, ...lines, '', body].join('\r\n');
}
