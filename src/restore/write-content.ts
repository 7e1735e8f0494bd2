import type { FileHandle } from 'node:fs/promises';
import { RangeIgnoredError } from '../drivers/errors.js';
import { type ContentProof, digestPlan } from '../sync/store/content-proof.js';
import { type DescribedObject, readerOf } from './described-object.js';
import { LARGE_BYTES, loadRanges } from './load-ranges.js';
import { provenContent } from './proven-content.js';
import { ThreadError } from './range-threads.js';
import type { RestoreContext, RestoreSource } from './restore-context.js';
import { writeSparsely } from './sparse-writer.js';

/**
 * What writes the content of an object to an empty file, in ranges where it is large and its version and MD5s are known, else as
 * one stream. It rejects when the bytes are not what they should be, as the driver does and as the system does.
 */
export function contentWriter(
  ctx: RestoreContext,
  source: RestoreSource,
  described: DescribedObject,
  proof: ContentProof | undefined,
  signal: AbortSignal,
): (file: FileHandle) => Promise<void> {
  const { info } = described;
  const read = readerOf(ctx, source, described, signal);
  const stream = (file: FileHandle) =>
    counted(ctx, (own) => writeSparsely(file, provenContent(own, read, info, proof, signal)));
  const isBound = source.versionId !== undefined || typeof info.extra['etag'] === 'string';
  const contents = proof && md5Contents(proof, info.size);
  const { ranges } = ctx;
  if (ranges === undefined || proof === undefined || contents === undefined) return stream;
  if (!isBound || info.size < LARGE_BYTES) return stream;
  return async (file) => {
    try {
      await counted(ctx, (own) =>
        loadRanges(own, ranges, { info, read, proof, contents }, file, signal),
      );
    } catch (error) {
      if (!(error instanceof RangeIgnoredError || error instanceof ThreadError)) throw error;
      await file.truncate(0);
      await stream(file);
    }
  };
}

/** Bytes of the contents whose MD5s prove an object of `size` bytes; undefined: another digest proves it. */
export function md5Contents(proof: ContentProof, size: number): readonly number[] | undefined {
  const plan = digestPlan(proof, size);
  if ('cuts' in plan) return plan.cuts;
  return plan.algorithm === 'md5' ? [size] : undefined;
}

/** The bytes that have arrived for work that fails do not count. */
async function counted(
  ctx: RestoreContext,
  work: (ctx: RestoreContext) => Promise<void>,
): Promise<void> {
  let arrived = 0;
  const onBytes = (bytes: number): void => {
    arrived += bytes;
    ctx.onBytes(bytes);
  };
  try {
    await work({ ...ctx, onBytes });
  } catch (error) {
    ctx.onBytes(-arrived);
    throw error;
  }
}
