import type { BatchedObject, PutOutcome } from '../../../src/drivers/capabilities.js';
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
export function batchOf(given: readonly Given[]): readonly [BatchedObject[], ArrayBuffer] {
  const objects = given.map(({ key, content, md5, options = plain }) => ({
    key,
    size: content.byteLength,
    md5: md5 ?? checksumOf('md5', content).hex,
    options,
  }));
  const whole = new Uint8Array(objects.reduce((sum, { size }) => sum + size, 0));
  let end = 0;
  for (const { content } of given) {
    whole.set(content, end);
    end += content.byteLength;
  }
  return [objects, whole.buffer];
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
