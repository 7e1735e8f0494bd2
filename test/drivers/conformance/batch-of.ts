import type { BatchedObject, PlacedObject, PutOutcome } from '../../../src/drivers/capabilities.js';
import { checksumOf } from '../../../src/drivers/digest.js';

export const plain: BatchedObject['options'] = {
  contentType: 'application/octet-stream',
  metaData: {},
  headers: {},
};

export interface Given {
  readonly key: string;
  readonly content: Uint8Array;
  readonly md5?: string;
  readonly options?: BatchedObject['options'];
}

/** The arguments of a call: objects, and their contents in memory of their own. */
export function batchOf(given: readonly Given[]): readonly [PlacedObject[], ArrayBuffer] {
  let end = 0;
  const objects = given.map(({ key, content, md5 = checksumOf('md5', content).hex, options }) => {
    const begin = end;
    end += content.byteLength;
    return { key, begin, size: content.byteLength, md5, options: options ?? plain };
  });
  const whole = new Uint8Array(end);
  for (const [at, { begin }] of objects.entries()) whole.set(given[at]!.content, begin);
  return [objects, whole.buffer];
}

/** The same in shared memory, with the contents in the reverse order and other bytes between them. */
export function sharedBatchOf(
  given: readonly Given[],
): readonly [PlacedObject[], SharedArrayBuffer] {
  const [objects, content] = batchOf(given);
  const shared = new SharedArrayBuffer(content.byteLength + objects.length);
  const bytes = new Uint8Array(shared).fill(0xff);
  let end = shared.byteLength;
  const placed = objects.map((object) => {
    end -= object.size + 1;
    bytes.set(new Uint8Array(content, object.begin, object.size), end);
    return { ...object, begin: end };
  });
  return [placed, shared];
}

export const text = (key: string, content: string, options?: BatchedObject['options']): Given => ({
  key,
  content: Buffer.from(content),
  ...(options && { options }),
});

export const errorOf = (outcome: PutOutcome | undefined): Error | undefined =>
  outcome !== undefined && 'error' in outcome ? outcome.error : undefined;

export type PutAll = (
  container: string,
  given: readonly Given[],
  signal?: AbortSignal,
) => Promise<readonly PutOutcome[]>;
