import type { FileHandle } from 'node:fs/promises';
import type { ObjectInfo } from '../drivers/call.js';
import { ObjectError } from '../drivers/errors.js';
import { eachInParallel } from '../drivers/parallel.js';
import type { Md5Result, Md5State } from '../md5-lanes.js';
import { type ContentProof, digestProblem } from '../sync/store/content-proof.js';
import { type Read, steadyReadInto } from '../sync/store/steady-read.js';
import { type PlannedRange, planRanges } from './plan-ranges.js';
import type { RangeFile, RangeMemory, RangeThreads } from './range-threads.js';
import type { RestoreContext } from './restore-context.js';

/** Smaller ones come with a single request. */
export const LARGE_BYTES = 1024 * 1024;
/** Ranges of one file that are loaded at once: while half of them are hashed together, the others arrive. */
const AT_ONCE = 8;

/** A large object that is proven by MD5s. */
export interface RangedObject {
  readonly info: ObjectInfo;
  /** Reads this very version, or rejects. */
  readonly read: Read;
  readonly proof: ContentProof;
  /** Bytes of the contents whose MD5s prove it, in order: its parts, or the whole. */
  readonly contents: readonly number[];
}

type LoadContext = Pick<RestoreContext, 'backend' | 'clock' | 'onBytes'>;

/**
 * Loads an object in ranges, several at once, into an empty file; threads hash and write them. Rejects as provenContent does, as the
 * system does, and with ThreadError; nothing is written to the file any more then.
 */
export async function loadRanges(
  ctx: LoadContext,
  threads: RangeThreads,
  object: RangedObject,
  file: FileHandle,
  signal: AbortSignal,
): Promise<void> {
  const opened = await threads.open(togetherOf(object, threads.rangeBytes), signal);
  const md5s: string[] = [];
  try {
    const ranges = chained(planRanges(object.contents, threads.rangeBytes));
    await eachInParallel(ranges, AT_ONCE, signal, async (chained, within) => {
      for (const [content, md5] of await loadRange(ctx, opened, object, file, chained, within))
        md5s[content] = md5;
      ctx.onBytes(chained.range.end - chained.range.start);
    });
  } finally {
    opened.close();
  }
  const problem = digestProblem(ctx.backend, object.info, object.proof, md5s);
  if (problem !== undefined) throw problem;
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
  opened: RangeFile,
  object: RangedObject,
  file: FileHandle,
  { range, before, resolve, reject }: ChainedRange,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, string>> {
  try {
    const memory = await opened.take(signal);
    try {
      await fill(ctx, memory, object, range, signal);
      const goesOn = range.pieces[0]?.isFirst === false;
      const results = await memory.write({
        fd: file.fd,
        position: range.start,
        length: range.end - range.start,
        pieces: range.pieces,
        before: goesOn ? await before : undefined,
        isEnd: range.end === object.info.size,
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
  { backend, clock }: LoadContext,
  { bytes }: RangeMemory,
  { info, read }: RangedObject,
  { start, end }: PlannedRange,
  signal: AbortSignal,
): Promise<void> {
  const wanted = end - start;
  const got = await steadyReadInto(read, start, bytes.subarray(0, wanted), clock, signal);
  if (got === wanted) return;
  const problem = `gave ${got} of the ${wanted} bytes expected from ${start} on`;
  throw new ObjectError(info.key, problem, { driver: backend.name, retry: 'backoff' });
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
