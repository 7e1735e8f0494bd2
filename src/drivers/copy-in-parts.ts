import { NEVER_ABORTED } from '../signal.js';
import type { Call, ObjectInfo } from './call.js';
import type { Multipart, Part, UploadToken } from './capabilities.js';
import { eachInParallel } from './parallel.js';

export interface CopyInParts<Source> {
  readonly token: UploadToken;
  readonly sources: Iterable<Source>;
  /** How many parts are copied at once. */
  readonly lanes: number;
  copyPart(source: Source, call: Call): Promise<Part>;
}

/** Copies the parts of an upload that has begun, and completes it. Aborts it on failure, so that nothing stays behind. */
export async function copyInParts<Source>(
  multipart: Pick<Multipart, 'complete' | 'abort'>,
  { token, sources, lanes, copyPart }: CopyInParts<Source>,
  call: Call,
): Promise<ObjectInfo> {
  const parts: Part[] = [];
  try {
    await eachInParallel(sources, lanes, call.signal, async (source, signal) => {
      parts.push(await copyPart(source, { signal }));
    });
    parts.sort((a, b) => a.number - b.number);
    return await multipart.complete(token, parts, call);
  } catch (error) {
    await multipart.abort(token, { signal: NEVER_ABORTED }).catch(() => undefined);
    throw error;
  }
}
