import { randomUUID } from 'node:crypto';
import type { HttpBody } from '../http/exchange.js';
import type { Payload } from './payload.js';

/** A description and a content in one request: `multipart/related` (RFC 2387). */
export interface RelatedBody {
  readonly contentType: string;
  readonly body: HttpBody;
}

export function relatedBody(
  resource: Readonly<Record<string, unknown>>,
  { size, content }: Pick<Payload, 'size' | 'content'>,
): RelatedBody {
  const boundary = `longshore-${randomUUID()}`;
  const head = Buffer.from(
    `--${boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${JSON.stringify(resource)}\r\n` +
      `--${boundary}\r\nContent-Type: application/octet-stream\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const contentType = `multipart/related; boundary=${boundary}`;
  if (content instanceof Uint8Array)
    return { contentType, body: Buffer.concat([head, content, tail]) };
  async function* open(): AsyncGenerator<Uint8Array, void, undefined> {
    yield head;
    yield* (content as () => AsyncIterable<Uint8Array>)();
    yield tail;
  }
  return { contentType, body: { size: head.byteLength + size + tail.byteLength, open } };
}
