import type { ListedUpload, Multipart } from '../capabilities.js';
import { eachInParallel } from '../parallel.js';
import { SWIFT } from './errors.js';
import type { LargeObjectParts } from './large-objects.js';
import { checkContainer } from './names.js';

const LANES = 8;

/** Finds unfinished uploads by their marks. Those whose segments nothing needs any more are `discarded`. */
export function unfinishedUploads({
  marks,
  segments,
}: Pick<LargeObjectParts, 'marks' | 'segments'>): Multipart['unfinished'] {
  return async (container, prefix, call) => {
    checkContainer(container);
    const uploads: ListedUpload[] = [];
    const listed = await marks.list(container, call);
    await eachInParallel(listed, LANES, call.signal, async (mark, signal) => {
      const { uploadId, state, madeAtMs } = mark;
      const note = await marks.read(state, container, uploadId, { signal });
      if (!note?.key.startsWith(prefix)) return;
      const token = { container, key: note.key, driver: SWIFT, opaque: uploadId };
      // A completed upload has left only its mark behind.
      const isWaste =
        state === 'dead' || (await segments.madeOf(token, { signal }))?.uploadId === uploadId;
      const begun = madeAtMs === undefined ? {} : { beganAtMs: madeAtMs };
      uploads.push(isWaste ? { ...token, discarded: true } : { ...token, ...begun });
    });
    return uploads;
  };
}
