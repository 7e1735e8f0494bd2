import { failpoint } from '../failpoint.js';
import type { Body } from './call.js';
import type { Multipart, Part, UploadToken } from './capabilities.js';
import { ObjectHashMismatchError } from './errors.js';
import { eachInParallel } from './parallel.js';
import { planParts } from './part-size.js';

/** Parts in a row of an upload that was begun. */
export interface PartsRange {
  readonly token: UploadToken;
  /** Bytes of each part of the file but its last. */
  readonly partSize: number;
  /** Number of the first one. */
  readonly first: number;
  /** For each of them, the hex MD5 of what the provider has under its number; undefined: nothing, or it is not known. */
  readonly known: readonly (string | undefined)[];
}

/** A part that the provider has. */
export interface SentPart {
  readonly number: number;
  readonly size: number;
  /** Hex, of its bytes in the file. */
  readonly md5: string;
  /** As `Part.receipt`; undefined: it was there already, as the range says. */
  readonly receipt: string | undefined;
}

/** Other processes that have a file and its container, and can send parts of it. */
export interface PartsElsewhere {
  /** Whether one of them is free now. To be asked right before `send`. */
  takes(): boolean;
  /**
   * As sendRange, by one of them. What it says of a part is a claim: the provider is to be asked. Rejects when none does it, or its
   * answer is not believed.
   */
  send(range: PartsRange, signal: AbortSignal): Promise<PartsClaim>;
}

/** What another process says of a range. */
export interface PartsClaim {
  /** For each part of the range; undefined: it was not sent. */
  readonly parts: readonly (SentPart | undefined)[];
  /** To be called when the provider does not list these parts as claimed. */
  refute(numbers: readonly number[]): void;
}

/** Parts of one object under way at once in one process. More than this rarely helps, and each may be held in memory. */
export const PARALLEL_PARTS = 4;

/** Bytes, and parts, of one range that another process is asked for; a larger part goes alone. */
export const RANGE_BYTES = 64 * 1024 * 1024;
export const RANGE_PARTS = 64;

/** A body that is read in parts, each of them whenever it is wanted. */
export type PartsBody = Body &
  Required<Pick<Body, 'parts' | 'refuseChanged'>> & { readonly size: number };

export function isPartsBody(body: Body): body is PartsBody {
  return body.size !== undefined && body.parts !== undefined && body.refuseChanged !== undefined;
}

/**
 * Reads and hashes these parts once, and sends those that the provider has not. Resolves with all of them, in order. Rejects
 * with SourceChangedError when the file is another version, and with the errors of `uploadPart`; any of them may have been sent.
 */
export async function sendRange(
  multipart: Multipart,
  body: PartsBody,
  { token, partSize, first, known }: PartsRange,
  signal: AbortSignal,
): Promise<readonly SentPart[]> {
  const only = { first, last: first + known.length - 1 };
  const cut = { partSize, wholeMd5: false, partSha1: multipart.partSha1 === true, only };
  const { parts } = body.parts(cut, signal);
  const sent: SentPart[] = [];
  await eachInParallel(parts, PARALLEL_PARTS, signal, async (part, signal) => {
    const { number, size, md5 } = part;
    const isThere = known[number - first] === md5;
    const receipt = isThere ? undefined : await send(number, part.body, md5, signal);
    sent.push({ number, size, md5, receipt });
    failpoint('parts: part sent, not the last');
    part.release(); // not after a failure: a request may still be reading it
  });
  return sent.sort((a, b) => a.number - b.number);

  async function send(number: number, part: Body, md5: string, signal: AbortSignal) {
    const confirmed = await multipart.uploadPart(token, number, part, { signal });
    if (confirmed.md5 === md5) return confirmed.receipt;
    const reported = confirmed.md5 ?? 'no MD5';
    throw new ObjectHashMismatchError(token.key, `${md5} in part ${number}`, reported, {
      driver: token.driver,
    });
  }
}

/** All parts of a file of `size` bytes, in ranges that another process is asked for. `there`: what the provider has, by number. */
export function cutIntoRanges(
  size: number,
  upload: Pick<PartsRange, 'token' | 'partSize'>,
  there: ReadonlyMap<number, Part>,
): readonly PartsRange[] {
  const known = Array.from(planParts(size, upload.partSize), ({ number, start, end }) => {
    const part = there.get(number);
    return part?.size === end - start ? part.md5 : undefined;
  });
  const each = Math.min(Math.max(1, Math.floor(RANGE_BYTES / upload.partSize)), RANGE_PARTS);
  const ranges: PartsRange[] = [];
  for (let at = 0; at < known.length; at += each)
    ranges.push({ ...upload, first: at + 1, known: known.slice(at, at + each) });
  return ranges;
}

/** What is left of a range, as ranges. */
export function withoutDone(
  { first, known, ...upload }: PartsRange,
  isDone: (number: number) => boolean,
): readonly PartsRange[] {
  const left: { readonly first: number; readonly known: (string | undefined)[] }[] = [];
  let isOpen = false;
  for (const [at, md5] of known.entries()) {
    const isLeft = !isDone(first + at);
    if (isLeft && isOpen) left.at(-1)?.known.push(md5);
    else if (isLeft) left.push({ first: first + at, known: [md5] });
    isOpen = isLeft;
  }
  return left.map((each) => ({ ...upload, ...each }));
}
