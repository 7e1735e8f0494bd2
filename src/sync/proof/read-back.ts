import type { Clock } from '../../clock.js';
import type { Backend } from '../../drivers/backend.js';
import type { ObjectInfo, ObjectRef } from '../../drivers/call.js';
import {
  ContainerAccessDeniedError,
  ObjectChangedError,
  ObjectDoesNotExistError,
  ObjectHashMismatchError,
  StorageError,
} from '../../drivers/errors.js';
import { findObject } from '../../drivers/find-object.js';
import type { ObjectRecord } from '../../state/object-index.js';
import { classify } from '../failure.js';
import {
  type ContentProof,
  findProof,
  isRecordOf,
  openContentCheck,
  recordedProof,
} from '../store/content-proof.js';
import { steadyRead } from '../store/steady-read.js';

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
  /** It could not be read, which says nothing of its content. */
  | { readonly verdict: 'unreadable'; readonly detail: string };

export interface ReadBackContext {
  readonly backend: Backend;
  readonly clock: Pick<Clock, 'sleep'>;
}

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
  ctx: ReadBackContext,
  ref: ObjectRef,
  record: ObjectRecord | undefined,
  signal: AbortSignal,
  listed?: ObjectInfo,
): Promise<ReadBack> {
  try {
    let info = listed ?? (await find(ctx, ref, signal));
    let mismatches = 0;
    for (let reading = 1; info !== undefined; reading++) {
      const described: Described = await describe(ctx, info, record, signal);
      if (described === 'missing') return { verdict: 'missing' };
      if (described.proof === undefined) return { verdict: 'unverified', info: described.info };
      const problem = await compare(ctx, described.info, described.proof, record, signal);
      if (problem === undefined)
        return { verdict: 'proven', by: described.proof.by, info: described.info };
      const now: ObjectInfo | undefined = await find(ctx, ref, signal);
      const isSame = now !== undefined && isSameVersion(described.info, now);
      mismatches = isSame && problem !== REPLACED ? mismatches + 1 : 0;
      if (now !== undefined && mismatches >= BELIEVED) return mismatchOf(now, record, problem);
      if (reading >= MOST_READINGS) return { verdict: 'unreadable', detail: REPLACED };
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
  ctx: ReadBackContext,
  info: ObjectInfo,
  record: ObjectRecord | undefined,
  signal: AbortSignal,
): Promise<Described> {
  const recorded = record?.state === 'confirmed' ? recordedProof(record) : undefined;
  if (recorded !== undefined) return { info, proof: recorded };
  const known = await findProof(ctx.backend, info, undefined, signal);
  if (known !== undefined) return { info, proof: known };
  const head = await find(ctx, info, signal);
  if (head === undefined) return 'missing';
  return { info: head, proof: await findProof(ctx.backend, head, undefined, signal) };
}

/** What is wrong with the content; undefined: nothing. REPLACED: it was replaced or removed while it was read. */
async function compare(
  { backend, clock }: ReadBackContext,
  info: ObjectInfo,
  proof: ContentProof,
  record: ObjectRecord | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { container, key } = info;
  if (record?.state === 'confirmed' && record.size !== info.size && hasSize(backend, info))
    return `it has ${info.size} bytes, and ${record.size} were sent`;
  const expected = record?.state === 'confirmed' ? { ...info, size: record.size } : info;
  const check = openContentCheck(backend, expected, proof);
  const { etag } = info.extra;
  const asked = { container, key, ...(typeof etag === 'string' && { etag }) };
  try {
    const read = (range: Parameters<Backend['readObject']>[1]) =>
      backend.readObject(asked, range, { signal });
    for await (const chunk of steadyRead(read, clock, signal)) check.update(chunk);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ObjectDoesNotExistError || error instanceof ObjectChangedError)
      return REPLACED;
    // Some drivers compare the provider's checksum with the bytes that arrive.
    if (error instanceof ObjectHashMismatchError) return error.message;
    throw error;
  }
  try {
    check.finish();
    return undefined;
  } catch (error) {
    if (error instanceof StorageError) return error.message;
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

function find(
  { backend }: ReadBackContext,
  { container, key }: ObjectRef,
  signal: AbortSignal,
): Promise<ObjectInfo | undefined> {
  return findObject(backend, { container, key }, { signal });
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
