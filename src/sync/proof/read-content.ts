import type { Clock } from '../../clock.js';
import type { Backend } from '../../drivers/backend.js';
import type { ByteRange, ObjectInfo, ReadRef } from '../../drivers/call.js';
import { ObjectError, StorageError } from '../../drivers/errors.js';
import type { Gate } from '../../drivers/gate.js';
import { LARGE_BYTES, loadRanges, md5Contents, ShortContentError } from '../ranges/load-ranges.js';
import { type RangeThreads, ThreadError } from '../ranges/range-threads.js';
import {
  type ContentProof,
  digestPlan,
  digestProblem,
  sizeProblem,
} from '../store/content-proof.js';
import { type DigestPlan, openPlannedDigest } from '../store/planned-digest.js';
import { steadyRead } from '../store/steady-read.js';
import type { DigestThreads, ThreadedDigest } from './digest-threads.js';

export interface ReadContext {
  readonly backend: Backend;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Undefined: contents are read one piece after the other and hashed in this thread, as a slow reading needs no more. */
  readonly fast?: FastReading | undefined;
  /** Called with the bytes of each piece that arrives. */
  readonly onBytes?: (bytes: number) => void;
}

/** For readings as fast as the network. */
export interface FastReading {
  /** For contents that come as one stream. */
  readonly digests: DigestThreads;
  /** For large ones that are proven by MD5s. */
  readonly ranges: RangeThreads;
  /** Admits the readings of contents and of ranges, so that memory is bounded. */
  readonly reads: Gate;
}

/** Bytes of a content below which a thread costs more than it saves. */
const WORTH_A_THREAD = 64 * 1024;

/**
 * Reads an object, all of it as it was seen, and compares its bytes with the proof. Resolves with what is wrong with them, or
 * undefined; rejects as the driver does. `inRanges`: ranges may be read at the same time, where that is of use; they do not show
 * what is behind the size that `info` says.
 */
export async function readContent(
  ctx: ReadContext,
  info: ObjectInfo,
  proof: ContentProof,
  inRanges: boolean,
  signal: AbortSignal,
): Promise<ObjectError | undefined> {
  const contents = inRanges && info.size >= LARGE_BYTES ? md5Contents(proof, info.size) : undefined;
  const hashed =
    (contents && ctx.fast && (await hashRanges(ctx, ctx.fast, info, contents, signal))) ??
    (await hashWhole(ctx, info, digestPlan(proof, info.size), signal));
  return hashed instanceof ObjectError ? hashed : digestProblem(ctx.backend, info, proof, hashed);
}

/** Digests by a plan; or what is wrong with the number of bytes. */
type Hashed = readonly string[] | ObjectError;

/** Undefined: it cannot be read, or hashed, in ranges. */
async function hashRanges(
  { backend, clock, onBytes }: ReadContext,
  { ranges, reads }: FastReading,
  info: ObjectInfo,
  contents: readonly number[],
  signal: AbortSignal,
): Promise<Hashed | undefined> {
  const ref = refOf(info);
  const read = (range: ByteRange | undefined) => backend.readObject(ref, range, { signal });
  const ctx = { backend, clock, onBytes, reads };
  try {
    return await loadRanges(ctx, ranges, { info, read, contents }, undefined, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ShortContentError) return error;
    if (error instanceof ThreadError) return undefined;
    const mayBeOfRanges = error instanceof StorageError && error.retry === 'never';
    if (!mayBeOfRanges || error instanceof ObjectError) throw error;
    return undefined;
  }
}

async function hashWhole(
  ctx: ReadContext,
  info: ObjectInfo,
  plan: DigestPlan,
  signal: AbortSignal,
): Promise<Hashed> {
  const ref = refOf(info);
  const read = (range: ByteRange | undefined) => ctx.backend.readObject(ref, range, { signal });
  const digest = openDigest(ctx, info, plan);
  let leave: (() => void) | undefined;
  let size = 0;
  try {
    leave = await ctx.fast?.reads.enter(signal);
    for await (const chunk of steadyRead(read, ctx.clock, signal)) {
      size += chunk.byteLength;
      ctx.onBytes?.(chunk.byteLength);
      if (size > info.size) break;
      const full = digest.update(chunk);
      if (full !== undefined) await full;
    }
    return sizeProblem(ctx.backend, info, size) ?? (await digest.finish());
  } finally {
    digest.close();
    leave?.();
  }
}

type OpenDigest = Omit<ThreadedDigest, 'finish'> & {
  finish(): Promise<readonly string[]> | readonly string[];
};

function openDigest({ fast }: ReadContext, { size }: ObjectInfo, plan: DigestPlan): OpenDigest {
  if (fast !== undefined && size >= WORTH_A_THREAD) return fast.digests.open(plan);
  const digest = openPlannedDigest(plan);
  return {
    update(chunk) {
      digest.update(chunk);
      return undefined;
    },
    finish: () => digest.finish(),
    close() {},
  };
}

/** Bound to the version that was seen, where the provider has named it. */
function refOf({ container, key, extra: { etag } }: ObjectInfo): ReadRef {
  return { container, key, ...(typeof etag === 'string' && { etag }) };
}
