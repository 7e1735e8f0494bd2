import type { Clock } from '../../clock.js';
import type { Backend } from '../../drivers/backend.js';
import type { ByteRange, ObjectInfo, ReadRef } from '../../drivers/call.js';
import { ObjectError, StorageError } from '../../drivers/errors.js';
import type { Gate } from '../../drivers/gate.js';
import { eachInParallel } from '../../drivers/parallel.js';
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
  readonly digests: DigestThreads;
  /** Admits the readings of contents and of ranges, so that memory is bounded. */
  readonly reads: Gate;
}

/** Bytes of a content below which a thread costs more than it saves. */
const WORTH_A_THREAD = 64 * 1024;
/** The least bytes of a range that is read by a request of its own. */
const RANGE_BYTES = 8 * 1024 * 1024;
/** Ranges of one object at the same time. */
const RANGES_AT_ONCE = 4;

/**
 * Reads an object, all of it as it was seen, and compares its bytes with the proof. Resolves with what is wrong with them, or
 * undefined; rejects as the driver does. `inRanges`: ranges of parts that have digests of their own may be read at the same
 * time, where that is of use.
 */
export async function readContent(
  ctx: ReadContext,
  info: ObjectInfo,
  proof: ContentProof,
  inRanges: boolean,
  signal: AbortSignal,
): Promise<ObjectError | undefined> {
  const plan = digestPlan(proof, info.size);
  const ranges = inRanges && ctx.fast !== undefined ? rangesOf(plan) : [];
  const hashed =
    ranges.length > 1
      ? await hashRanges(ctx, info, ranges, plan, signal)
      : await hashWhole(ctx, info, plan, signal);
  return hashed instanceof ObjectError ? hashed : digestProblem(ctx.backend, info, proof, hashed);
}

/** Digests by a plan; or what is wrong with the number of bytes. */
type Hashed = readonly string[] | ObjectError;

function hashWhole(
  ctx: ReadContext,
  info: ObjectInfo,
  plan: DigestPlan,
  signal: AbortSignal,
): Promise<Hashed> {
  const ref = refOf(info);
  const read = (range: ByteRange | undefined) => ctx.backend.readObject(ref, range, { signal });
  return hash(ctx, info, read, plan, signal);
}

/** A run of parts of an object. */
interface PartRange {
  /** Bytes before it. */
  readonly start: number;
  readonly cuts: readonly number[];
  readonly size: number;
}

/** A provider that takes no ranges gives the whole. */
async function hashRanges(
  ctx: ReadContext,
  info: ObjectInfo,
  ranges: readonly PartRange[],
  plan: DigestPlan,
  signal: AbortSignal,
): Promise<Hashed> {
  const ref = refOf(info);
  const digests = new Array<readonly string[]>(ranges.length).fill([]);
  let problem: ObjectError | undefined;
  const hashRange = async (at: number, { start, cuts, size }: PartRange, within: AbortSignal) => {
    const end = start + size;
    const read = (rest: ByteRange | undefined) =>
      ctx.backend.readObject(ref, { start: start + (rest?.start ?? 0), end }, { signal: within });
    const hashed = await hash(ctx, { ...info, size }, read, { cuts }, within);
    if (hashed instanceof ObjectError) problem ??= hashed;
    else digests[at] = hashed;
  };
  try {
    await eachInParallel(ranges.entries(), RANGES_AT_ONCE, signal, ([at, range], within) =>
      hashRange(at, range, within),
    );
    return problem ?? digests.flat();
  } catch (error) {
    signal.throwIfAborted();
    const mayBeOfRanges = error instanceof StorageError && error.retry === 'never';
    if (!mayBeOfRanges || error instanceof ObjectError) throw error;
    return hashWhole(ctx, info, plan, signal);
  }
}

async function hash(
  ctx: ReadContext,
  info: ObjectInfo,
  read: Parameters<typeof steadyRead>[0],
  plan: DigestPlan,
  signal: AbortSignal,
): Promise<Hashed> {
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

/** Runs of parts, each of at least RANGE_BYTES but for the last. */
function rangesOf(plan: DigestPlan): readonly PartRange[] {
  if (!('cuts' in plan)) return [];
  const ranges: PartRange[] = [];
  let cuts: number[] = [];
  let start = 0;
  let size = 0;
  const end = () => {
    if (cuts.length > 0) ranges.push({ start, cuts, size });
    start += size;
    cuts = [];
    size = 0;
  };
  for (const cut of plan.cuts) {
    cuts.push(cut);
    size += cut;
    if (size >= RANGE_BYTES) end();
  }
  end();
  return ranges;
}
