import { createHash } from 'node:crypto';
import { untilAborted } from '../../signal.js';
import type { Body, Call } from '../call.js';
import { BodySizeError } from './exact-body.js';

/**
 * Reads a body before it is sent, since only a digest that goes along lets the store refuse bytes that change on their way.
 * Hex, of each algorithm in its place. Rejects with BodySizeError when there are not `size` bytes.
 */
export async function digestFirst<const A extends readonly ('md5' | 'sha256')[]>(
  body: Body,
  size: number,
  algorithms: A,
  { signal }: Call,
): Promise<{ readonly [I in keyof A]: string }> {
  const hashes = algorithms.map((algorithm) => createHash(algorithm));
  let read = 0;
  for await (const chunk of untilAborted(body.open(), signal)) {
    for (const hash of hashes) hash.update(chunk);
    read += chunk.byteLength;
  }
  if (read !== size) throw new BodySizeError(size, read);
  return hashes.map((hash) => hash.digest('hex')) as { readonly [I in keyof A]: string };
}
