import { hash } from 'node:crypto';
import type { Backend } from '../../drivers/backend.js';
import type { ObjectInfo, ObjectRef } from '../../drivers/call.js';
import { OPEN_PASSAGE } from '../../drivers/passage.js';
import type { ObjectRecord } from '../../state/object-index.js';
import { SMALL_BYTES } from '../pack-small.js';
import { type ContentProof, recordedProof } from '../store/content-proof.js';

export interface QuickProof {
  readonly by: ContentProof['by'];
  readonly info: ObjectInfo;
}

/**
 * Proves a small object by one request, where the driver has such requests and the record has the MD5 of its content. Undefined:
 * nothing is said of the object, not even that it is there. Rejects with the signal's reason, and as the driver does when
 * nothing can be asked.
 */
export async function quickProof(
  { capabilities: { quickGet } }: Pick<Backend, 'capabilities'>,
  { container, key }: ObjectRef,
  record: ObjectRecord | undefined,
  signal: AbortSignal,
): Promise<QuickProof | undefined> {
  if (quickGet === undefined || record?.state !== 'confirmed' || record.size > SMALL_BYTES)
    return undefined;
  const proof = recordedProof(record);
  if (proof === undefined || !('checksum' in proof) || proof.checksum.algorithm !== 'md5')
    return undefined;
  let found: QuickProof | undefined;
  const answered = (_row: number, info: ObjectInfo, content: Uint8Array) => {
    if (hash('md5', content, 'hex') === proof.checksum.hex) found = { by: proof.by, info };
  };
  const wanted = [{ key, size: record.size }];
  await quickGet.getEach(container, wanted, answered, OPEN_PASSAGE, { signal });
  return found;
}
