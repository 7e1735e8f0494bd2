import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '../../clock.js';
import type { Backend } from '../../drivers/backend.js';
import type { ObjectInfo } from '../../drivers/call.js';
import { ObjectError } from '../../drivers/errors.js';
import type { Gate } from '../../drivers/gate.js';
import { eachInParallel } from '../../drivers/parallel.js';
import type { Md5Result, Md5State } from '../../md5-lanes.js';
import { type ContentProof, digestPlan } from '../store/content-proof.js';
import { type Read, steadyReadInto } from '../store/steady-read.js';
import { type PlannedRange, planRanges } from './plan-ranges.js';
import type { RangedLoad, RangeMemory, RangeThreads } from './range-threads.js';

/** Smaller ones come with a single request. */
export const LARGE_BYTES = 1024 * 1024;
/** Ranges of one file that are loaded at once: while half of them are hashed together, the others arrive. */
const AT_ONCE = 8;

/** A large object that is proven by MD5s. */
export interface RangedObject {
  readonly info: Pick<ObjectInfo, 'key' | 'size'>;
  /** Reads this very version, or rejects. */
  readonly read: Read;
  /** Bytes of the contents whose MD5s prove it, in order: its parts, or the whole. */
  readonly contents: readonly number[];
}

export interface LoadContext {
  readonly backend: Pick<Backend, 'name'>;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Called with the bytes of each range that was hashed. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
  /** Admits the reading of each range; undefined: the memory is all that bounds them. */
  readonly reads?: Gate | undefined;
}

/** The object ended before its size. */
export class ShortContentError extends ObjectError {}

/** Bytes of the contents whose MD5s prove an object of `size` bytes; undefined: another digest proves it. */
export function md5Contents(proof: ContentProof, size: number): readonly number[] | undefined {
  const plan = digestPlan(proof, size);
  if ('cuts' in plan) return plan.cuts;
  return plan.algorithm === 'md5' ? [size] : undefined;
}

/**
 * Loads an object in ranges, several at once; threads hash them and write them into `file`, which is empty. Resolves with the hex
 * MD5s of its contents, in order. Rejects as `read` does, as the system does, with ShortContentError and with ThreadError;
 * nothing is written to the file any more then.
 */
export async function loadRanges(
  ctx: LoadContext,
  threads: RangeThreads,
  object: RangedObject,
  file: FileHandle | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const opened = await threads.open(togetherOf(object, threads.rangeBytes), signal);
  const md5s: string[] = [];
  try {
    const ranges = chained(planRanges(object.contents, threads.rangeBytes));
    await eachInParallel(ranges, AT_ONCE, signal, async (chained, within) => {
      for (const [content, md5] of await loadRange(ctx, opened, object, file, chained, within))
        md5s[content] = md5;
      ctx.onBytes?.(chained.range.end - chained.range.start);
    });
  } finally {
    opened.close();
  }
  return md5s;
}

/** How many of its ranges can be hashed at the same time. */
function togetherOf({ info, contents }: RangedObject, rangeBytes: number): number {
  return contents.length === 1 ? 1 : Math.min(AT_ONCE, Math.ceil(info.size / rangeBytes));
}

/** A range whose first content may begin in the range before, and whose last one may go on in the next. */
interface ChainedRange {
  readonly range: PlannedRange;
  /** The digest so far of the content that goes on; rejects when the range before has failed. */
  readonly before: Promise<Md5State | undefined>;
  resolve(state: Md5State | undefined): void;
  reject(error: unknown): void;
}

function* chained(ranges: Iterable<PlannedRange>): Generator<ChainedRange, void> {
  let before: Promise<Md5State | undefined> = Promise.resolve(undefined);
  for (const range of ranges) {
    const own = before;
    let resolve = (_: Md5State | undefined): void => {};
    let reject = (_: unknown): void => {};
    before = new Promise((resolved, rejected) => {
      resolve = resolved;
      reject = rejected;
    });
    before.catch(() => undefined); // the range that fails reports it
    yield { range, before: own, resolve, reject };
  }
}

/** Returns the hex MD5 of each content that ends in the range, by its place. */
async function loadRange(
  ctx: LoadContext,
  opened: RangedLoad,
  object: RangedObject,
  file: FileHandle | undefined,
  { range, before, resolve, reject }: ChainedRange,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, string>> {
  try {
    const memory = await opened.take(signal);
    try {
      await fill(ctx, memory, object, range, signal);
      const goesOn = range.pieces[0]?.isFirst === false;
      const isEnd = range.end === object.info.size;
      const results = await memory.hash({
        place: file && { fd: file.fd, position: range.start, isEnd },
        length: range.end - range.start,
        pieces: range.pieces,
        before: goesOn ? await before : undefined,
      });
      resolve(stateIn(results.at(-1)));
      return md5sIn(range, results);
    } finally {
      memory.release();
    }
  } catch (error) {
    reject(error);
    throw error;
  }
}

async function fill(
  { backend, clock, reads }: LoadContext,
  { bytes }: RangeMemory,
  { info, read }: RangedObject,
  { start, end }: PlannedRange,
  signal: AbortSignal,
): Promise<void> {
  const wanted = end - start;
  const leave = await reads?.enter(signal);
  const got = await steadyReadInto(read, start, bytes.subarray(0, wanted), clock, signal).finally(
    leave,
  );
  if (got === wanted) return;
  const problem = `gave ${got} of the ${wanted} bytes expected from ${start} on`;
  throw new ShortContentError(info.key, problem, { driver: backend.name, retry: 'backoff' });
}

function stateIn(result: Md5Result | undefined): Md5State | undefined {
  return result !== undefined && 'state' in result ? result.state : undefined;
}

function md5sIn(
  { pieces }: PlannedRange,
  results: readonly Md5Result[],
): ReadonlyMap<number, string> {
  return new Map(
    results.flatMap((result, at) =>
      'hex' in result ? [[pieces[at]?.content ?? 0, result.hex] as const] : [],
    ),
  );
}
