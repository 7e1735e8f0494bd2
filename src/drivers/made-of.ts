import type { Body, BodyPart, ObjectInfo } from './call.js';
import type { Multipart } from './capabilities.js';
import { cutIntoParts } from './cut-parts.js';
import { createPartAndWholeDigests } from './part-digests.js';

type Parts = readonly Pick<BodyPart, 'md5' | 'size'>[];

/** Bytes of each part, in order; one number: of all but the last, which may be shorter. */
export type Cuts = number | readonly number[];

/**
 * Reads a body, when an object could be made of just these parts of it, and compares by the object's ETag: that proves its
 * content without reading it back. Resolves with the hex MD5 of the body when it is so.
 */
export async function md5IfMadeOf(
  multipart: Pick<Multipart, 'etagOfParts'>,
  { container, size, extra }: ObjectInfo,
  body: Body,
  cuts: Cuts,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { etag } = extra;
  if (size !== body.size || typeof etag !== 'string') return undefined;
  // Whether such an ETag says anything here is known before a byte is read.
  if (multipart.etagOfParts(container, []) === undefined) return undefined;
  if (typeof cuts !== 'number' && cuts.reduce((sum, each) => sum + each, 0) !== size)
    return undefined;
  const even = evenCut(cuts);
  const { parts, md5 } =
    even === undefined
      ? await unevenParts(body, cuts as readonly number[], signal)
      : await evenParts(body, even, signal);
  return multipart.etagOfParts(container, parts) === etag ? md5 : undefined;
}

/** Bytes of all parts but the last, where these are equal and the last is no larger; undefined otherwise. */
export function evenCut(cuts: Cuts): number | undefined {
  if (typeof cuts === 'number') return cuts;
  const [first = 0, ...others] = cuts;
  const last = others.pop() ?? first;
  return first > 0 && last > 0 && last <= first && others.every((each) => each === first)
    ? first
    : undefined;
}

async function evenParts(
  body: Body,
  size: number,
  signal: AbortSignal,
): Promise<{ readonly parts: Parts; readonly md5: string }> {
  const cut = { partSize: size, wholeMd5: true };
  const source = body.parts?.(cut, signal) ?? cutIntoParts(body, cut);
  const parts: Pick<BodyPart, 'md5' | 'size'>[] = [];
  for await (const part of source.parts) {
    parts.push({ md5: part.md5, size: part.size });
    part.release();
  }
  return { parts, md5: source.md5() };
}

/** In constant memory. `cuts` sum up to the body's size. */
async function unevenParts(
  body: Body,
  cuts: readonly number[],
  signal: AbortSignal,
): Promise<{ readonly parts: Parts; readonly md5: string }> {
  const digests = createPartAndWholeDigests(cuts);
  for await (const chunk of body.open()) {
    signal.throwIfAborted();
    digests.update(chunk);
  }
  return digests.finish();
}
