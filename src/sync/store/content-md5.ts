import { createHash } from 'node:crypto';

/** Reads a content to its end; hex. Rejects as the reading does. */
export async function md5Of(content: AsyncIterable<Uint8Array>): Promise<string> {
  const md5 = createHash('md5');
  for await (const chunk of content) md5.update(chunk);
  return md5.digest('hex');
}
