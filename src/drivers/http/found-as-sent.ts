import type { ObjectInfo } from '../call.js';
import { findChecksum } from '../digest.js';
import { UnprovenAnswerError } from '../errors.js';

/** The object that was sent. */
export interface SentObject {
  readonly size: number;
  /** Hex. Undefined: not known, so no HEAD can confirm the content. */
  readonly md5: string | undefined;
  readonly metaData: Readonly<Record<string, string>>;
}

/**
 * After an answer that proves nothing: the object that `head` finds, if it is the one that was sent. Else rejects with `error`.
 * Every operation of an HTTP driver that makes an object ends with this.
 */
export async function foundAsSent(
  error: unknown,
  head: () => Promise<ObjectInfo>,
  isSent: (found: ObjectInfo) => boolean,
): Promise<ObjectInfo> {
  if (!(error instanceof UnprovenAnswerError)) throw error;
  const found = await head().catch(() => undefined);
  if (found === undefined || !isSent(found)) throw error;
  return found;
}

/** Whether an object is the very one that was sent: content and metadata, which an older one of the same name need not have. */
export function isAsSent({ size, checksums, metaData }: ObjectInfo, sent: SentObject): boolean {
  const md5 = findChecksum(checksums, 'md5')?.hex;
  if (md5 === undefined || md5 !== sent.md5 || size !== sent.size) return false;
  return Object.entries(sent.metaData).every(
    ([key, value]) => metaData[key.toLowerCase()] === value,
  );
}
