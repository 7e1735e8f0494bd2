import { createHash } from 'node:crypto';
import { hashInParts } from '../../parts-digest.js';

/** Reads a content to its end; hex. Rejects as the reading does. */
export async function md5Of(content: AsyncIterable<Uint8Array>): Promise<string> {
  const md5 = createHash('md5');
  for await (const chunk of content) md5.update(chunk);
  return md5.digest('hex');
}

/** The same of the MD5s of its parts of `partSize` bytes: see PartsDigest. */
export async function hexInParts(
  content: AsyncIterable<Uint8Array>,
  partSize: number,
): Promise<string> {
  const hash = hashInParts(partSize);
  for await (const chunk of content) hash.update(chunk);
  return hash.digest().hex;
}
