import type { Body, BodyPart, ObjectInfo } from './call.js';
import type { Multipart } from './capabilities.js';
import { cutIntoParts } from './cut-parts.js';

/**
 * Reads a body, when an object could be made of just its parts of this size, and compares by the object's ETag: that
 * proves its content without reading it back. Resolves with the hex MD5 of the body when it is so.
 */
export async function md5IfMadeOf(
  multipart: Multipart,
  { container, size, extra }: ObjectInfo,
  body: Body,
  partSize: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { etag } = extra;
  if (size !== body.size || typeof etag !== 'string') return undefined;
  // Whether such an ETag tells anything here is known before a byte is read.
  if (multipart.etagOfParts(container, []) === undefined) return undefined;
  const source = body.parts?.(partSize, signal) ?? cutIntoParts(body, partSize);
  const parts: Pick<BodyPart, 'md5' | 'size'>[] = [];
  for await (const { md5, size: partBytes, release } of source.parts) {
    parts.push({ md5, size: partBytes });
    release();
  }
  return multipart.etagOfParts(container, parts) === etag ? source.md5() : undefined;
}
