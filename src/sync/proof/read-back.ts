import type { Backend } from '../../drivers/backend.js';
import type { ObjectInfo, ObjectRef } from '../../drivers/call.js';
import {
  ContainerAccessDeniedError,
  ObjectChangedError,
  ObjectDoesNotExistError,
  ObjectHashMismatchError,
  ObjectIncompleteError,
  StorageError,
} from '../../drivers/errors.js';
import type { ObjectRecord } from '../../state/object-index.js';
import { classify } from '../failure.js';
import { type ContentProof, findProof, isRecordOf, recordedProof } from '../store/content-proof.js';
import { findSurely } from './find-surely.js';
import { quickProof } from './quick-proof.js';
import { type ReadContext, readContent } from './read-content.js';

/** What the reading of an object has shown. */
export type ReadBack =
  /** All of its bytes were read, and are what they should be. */
  | { readonly verdict: 'proven'; readonly by: ContentProof['by']; readonly info: ObjectInfo }
  /** It is there, and was not read: nothing says what its bytes should be. */
  | { readonly verdict: 'unverified'; readonly info: ObjectInfo }
  | { readonly verdict: 'missing' }
  /** Two readings gave other bytes than it should have, and it is the version that was recorded, or none was. */
  | { readonly verdict: 'damaged'; readonly info: ObjectInfo; readonly detail: string }
  /** The same of another version than the recorded one: something else has written it. */
  | { readonly verdict: 'changed'; readonly info: ObjectInfo; readonly detail: string }
  /** It could not be read, which says nothing of its content. `isReplaced`: because it was replaced each time. */
  | { readonly verdict: 'unreadable'; readonly detail: string; readonly isReplaced?: true };

/** Readings of an object that is replaced each time while it is read. */
const MOST_READINGS = 4;
/** After the first of these, and as much longer after each further one: a file that is written often changes in bursts. */
const REPLACED_PAUSE_MS = 100;
/** No mismatch: what was read is not what was asked for. */
const REPLACED = 'it is replaced whenever it is read';
/** A mismatch is believed when a second reading of the same version confirms it. */
const BELIEVED = 2;

/**
 * Reads an object and compares its bytes with what was recorded of it or, without a confirmed record, with what the
 * provider says. `listed`: what a listing said of it a moment ago, which saves a request. Rejects with trouble that every
 * other object would meet too, and with the signal's reason.
 */
export async function readBack(
  ctx: ReadContext,
  ref: ObjectRef,
  record: ObjectRecord | undefined,
  signal: AbortSignal,
  listed?: ObjectInfo,
): Promise<ReadBack> {
  try {
    const proven =
      listed === undefined ? await quickProof(ctx.backend, ref, record, signal) : undefined;
    if (proven !== undefined) return { verdict: 'proven', ...proven };
    let info = listed ?? (await findSurely(ctx, ref, signal));
    let mismatches = 0;
    for (let reading = 1; info !== undefined; reading++) {
      const described: Described = await describe(ctx, info, record, signal);
      if (described === 'missing') return { verdict: 'missing' };
      if (described.proof === undefined) return { verdict: 'unverified', info: described.info };
      // Ranges do not show what is behind them, so the size must be known.
      const inRanges = reading === 1 && hasSize(ctx.backend, described.info);
      const asked = { info: described.info, proof: described.proof, inRanges };
      const problem = await compare(ctx, asked, record, signal);
      if (problem === undefined)
        return { verdict: 'proven', by: described.proof.by, info: described.info };
      const now: ObjectInfo | undefined = await findSurely(ctx, ref, signal);
      const isSame = now !== undefined && isSameVersion(described.info, now);
      mismatches = isSame && problem !== REPLACED ? mismatches + 1 : 0;
      if (now !== undefined && mismatches >= BELIEVED) return mismatchOf(now, record, problem);
      if (reading >= MOST_READINGS)
        return { verdict: 'unreadable', detail: REPLACED, isReplaced: true };
      if (problem === REPLACED) await ctx.clock.sleep(reading * REPLACED_PAUSE_MS, signal);
      info = now;
    }
    return { verdict: 'missing' };
  } catch (error) {
    signal.throwIfAborted();
    return unreadable(error, ref);
  }
}

type Described =
  | 'missing'
  | { readonly info: ObjectInfo; readonly proof: ContentProof | undefined };

/** The object, and what proves its content; a listing that has too little is followed by a HEAD. */
async function describe(
  ctx: ReadContext,
  info: ObjectInfo,
  record: ObjectRecord | undefined,
  signal: AbortSignal,
): Promise<Described> {
  const recorded = record?.state === 'confirmed' ? recordedProof(record) : undefined;
  if (recorded !== undefined) return { info, proof: recorded };
  const known = await findProof(ctx.backend, info, undefined, signal);
  if (known !== undefined) return { info, proof: known };
  const head = await findSurely(ctx, info, signal);
  if (head === undefined) return 'missing';
  return { info: head, proof: await findProof(ctx.backend, head, undefined, signal) };
}

/** One reading. `inRanges`: see readContent; what it finds wrong, a reading of the whole confirms. */
interface Reading {
  readonly info: ObjectInfo;
  readonly proof: ContentProof;
  readonly inRanges: boolean;
}

/** What is wrong with the content; undefined: nothing. REPLACED: it was replaced or removed while it was read. */
async function compare(
  ctx: ReadContext,
  { info, proof, inRanges }: Reading,
  record: ObjectRecord | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (record?.state === 'confirmed' && record.size !== info.size && hasSize(ctx.backend, info))
    return `it has ${info.size} bytes, and ${record.size} were sent`;
  const expected = record?.state === 'confirmed' ? { ...info, size: record.size } : info;
  try {
    return (await readContent(ctx, expected, proof, inRanges, signal))?.message;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ObjectDoesNotExistError || error instanceof ObjectChangedError)
      return REPLACED;
    // Some drivers, and some providers, compare checksums with the bytes that they pass on.
    if (error instanceof ObjectHashMismatchError || error instanceof ObjectIncompleteError)
      return error.message;
    throw error;
  }
}

/** Some providers list an object that is made of others with 0 bytes. */
function hasSize({ capabilities }: Backend, { size }: ObjectInfo): boolean {
  return size > 0 || capabilities.listingHas.largeSizes !== false;
}

function mismatchOf(info: ObjectInfo, record: ObjectRecord | undefined, detail: string): ReadBack {
  const isOther =
    record?.state === 'confirmed' && record.etag !== undefined && !isRecordOf(record, info);
  return { verdict: isOther ? 'changed' : 'damaged', info, detail };
}

/** Whether nothing has replaced the object between the two answers. Some listings have a finer time than a HEAD. */
function isSameVersion(a: ObjectInfo, b: ObjectInfo): boolean {
  const same = (key: string) =>
    a.extra[key] === undefined || b.extra[key] === undefined || a.extra[key] === b.extra[key];
  const hasEtags = a.extra['etag'] !== undefined && b.extra['etag'] !== undefined;
  return same('etag') && same('versionId') && (hasEtags || same('lastModified'));
}

/** @throws the error itself when every other object would meet it too. */
function unreadable(error: unknown, { container }: ObjectRef): ReadBack {
  if (!(error instanceof StorageError)) throw error;
  const { kind } = classify(error, container);
  // A policy may forbid the reading of some objects, or of all of them, and allow everything else.
  const isDenied = error instanceof ContainerAccessDeniedError;
  if (!isDenied && (kind === 'target' || kind === 'mirror' || kind === 'full')) throw error;
  return { verdict: 'unreadable', detail: error.message };
}
