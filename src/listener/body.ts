import type { IncomingMessage } from 'node:http';
import { BODY_BYTES } from './limits.js';
import { type Refusal, refuse } from './refusal.js';

export type Body = { readonly text: string; readonly error?: undefined } | Refusal;

/** Reads the body of a request, or refuses it with 413 once it is known to be too long. Rejects when the caller goes. */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const tooLong = refuse(413, `the body is longer than ${BODY_BYTES} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES) return tooLong;
  const chunks: Buffer[] = [];
  let length = 0;
  // Ends with the loop, and does not destroy the connection: the answer still goes out on it.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_BYTES) return tooLong;
    chunks.push(chunk);
  }
  return { text: Buffer.concat(chunks).toString('utf8') };
}

/** JSON is what a form of another site cannot send. An empty body without a type is none of a form either. */
export function isJson(request: IncomingMessage): boolean {
  const { 'content-type': type, 'content-length': length = '0' } = request.headers;
  if (type === undefined) return length === '0' && !('transfer-encoding' in request.headers);
  return /^application\/json(?: *; *charset="?utf-8"?)?$/i.test(type);
}

export function isForm(request: IncomingMessage): boolean {
  return request.headers['content-type'] === 'application/x-www-form-urlencoded';
}

/** The object that the JSON is; an empty text is undefined. */
export function parseJson(text: string): { readonly json: unknown } | Refusal {
  if (text === '') return { json: undefined };
  try {
    return { json: JSON.parse(text) as unknown };
  } catch {
    return refuse(400, 'the body is no JSON');
  }
}
