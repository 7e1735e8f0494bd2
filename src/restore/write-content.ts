import type { FileHandle } from 'node:fs/promises';
import { RangeIgnoredError } from '../drivers/errors.js';
import { LARGE_BYTES, loadRanges, md5Contents } from '../sync/ranges/load-ranges.js';
import { ThreadError } from '../sync/ranges/range-threads.js';
import { type ContentProof, digestProblem } from '../sync/store/content-proof.js';
import { type DescribedObject, readerOf } from './described-object.js';
import { provenContent } from './proven-content.js';
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
      await counted(ctx, async (own) => {
        const md5s = await loadRanges(own, ranges, { info, read, contents }, file, signal);
        const problem = digestProblem(ctx.backend, info, proof, md5s);
        if (problem !== undefined) throw problem;
      });
    } catch (error) {
      if (!(error instanceof RangeIgnoredError || error instanceof ThreadError)) throw error;
      await file.truncate(0);
      await stream(file);
    }
  };
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
