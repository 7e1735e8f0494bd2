import { tmpdir } from 'node:os';
import { openGate } from '../drivers/gate.js';
import { eachInParallel } from '../drivers/parallel.js';
import type { ObjectName, ObjectRecord } from '../state/object-index.js';
import { type PackedUnit, packSmall } from '../sync/pack-small.js';
import { type ReadBack, readBack } from '../sync/proof/read-back.js';
import { openSpill, type Spill } from '../sync/scan/spill.js';
import { isRecordOf } from '../sync/store/content-proof.js';
import { type ComparedName, compareListing, type ListedObject } from './compare-listing.js';
import { judgeListed } from './judge-listed.js';
import { type ListedName, type LoadedObject, openSmallReads } from './read-small.js';
import { settleDoubts } from './settle-doubts.js';
import {
  eventOf,
  eventOfRead,
  isDoubt,
  isDoubtfulRead,
  isEvidence,
  type VerifyContext,
  type VerifyOptions,
} from './verify-context.js';
import type { VerifyEvent } from './verify-events.js';

/** Of many small objects each; in memory at once. */
const MOST_BATCHES = 3;

/**
 * Compares the listing with the index, and reads the chosen objects back; each object is reported once. What does not agree is
 * looked at again at the end, with newer indexes: it may have been changed meanwhile. Memory is bounded. Rejects with trouble
 * that every object would meet, and with the signal's reason.
 */
export async function verifyAll(
  ctx: VerifyContext,
  listed: AsyncIterable<ListedObject>,
  options: VerifyOptions,
): Promise<void> {
  const doubtful = openSpill<ObjectName>(tmpdir());
  try {
    const records = ctx.index?.entries() ?? ctx.snapshotRecords ?? [];
    const names = compareListing(records, listed);
    await readChosen(ctx, chosenOf(ctx, names, options, doubtful), options, doubtful);
    if (doubtful.size > 0) await settleDoubts(ctx, doubtful, options);
  } finally {
    doubtful.close();
  }
}

/** The objects that are to be read back. The others are reported or, when they may be wrong, added to `doubtful`. */
async function* chosenOf(
  ctx: VerifyContext,
  names: AsyncIterable<ComparedName>,
  options: VerifyOptions,
  doubtful: Pick<Spill<ObjectName>, 'add'>,
): AsyncGenerator<ListedName, void> {
  const hasLargeSizes = ctx.backend.capabilities.listingHas.largeSizes !== false;
  for await (const compared of names) {
    const { name, info } = compared;
    const { record, verdict } =
      ctx.index === undefined ? judgeBySnapshot(compared) : judgeByIndex(compared, hasLargeSizes);
    if (verdict === 'extraneous' ? ctx.extraneousIsWrong : isDoubt(verdict)) doubtful.add(name);
    else if (verdict === 'listed' && info !== undefined && options.chosen(name, record))
      yield { name, record, info };
    else reportUnread(ctx, compared, verdict, options);
  }
}

interface Judged {
  /** Undefined: nothing that counts is known of the object. */
  readonly record: ObjectRecord | undefined;
  readonly verdict: VerifyEvent['verdict'];
}

function judgeByIndex({ record, info }: ComparedName, hasLargeSizes: boolean): Judged {
  return { record, verdict: judgeListed(record, info, hasLargeSizes) };
}

/** The snapshot may be older than the object, and than the end of it. */
function judgeBySnapshot({ record, info }: ComparedName): Judged {
  if (info === undefined)
    return { record, verdict: record?.state === 'confirmed' ? 'gone' : 'unconfirmed' };
  return { record: isRecordOf(record, info) ? record : undefined, verdict: 'listed' };
}

function reportUnread(
  ctx: VerifyContext,
  { name, record, info }: ComparedName,
  verdict: VerifyEvent['verdict'],
  { report, onProof }: VerifyOptions,
): void {
  report(eventOf(ctx, name, record, info, { verdict }));
  if (verdict === 'gone') onProof(name, record, verdict);
}

/** Small ones together, where the driver can do that; the others, and what does not go as usual, each by itself. */
async function readChosen(
  ctx: VerifyContext,
  objects: AsyncIterable<ListedName>,
  options: VerifyOptions,
  doubtful: Pick<Spill<ObjectName>, 'add'>,
): Promise<void> {
  const { lanes, signal } = options;
  const together = openSmallReads(ctx);
  const batches = openGate(ctx.clock, MOST_BATCHES);
  const packing = {
    small: (object: ListedName) => (together?.takes(object) ? object : undefined),
    sizeOf: ({ info }: ListedName) => info.size,
    itemOf: (object: ListedName) => object,
  };

  /** Many small objects are only taken together once there is room for them in memory. */
  async function* units(): AsyncGenerator<PackedUnit<ListedName, ListedName>, void> {
    for await (const unit of packSmall(objects, packing)) {
      if (unit.kind === 'many') await batches.enter(signal);
      yield unit;
    }
  }

  async function readOne(object: ListedName, within: AbortSignal): Promise<void> {
    if ((await verifyOne(ctx, object, options, within)) === 'doubtful') doubtful.add(object.name);
  }

  async function readMany(some: readonly ListedName[], within: AbortSignal): Promise<void> {
    const proven = (loaded: LoadedObject) => reportLoaded(ctx, loaded, options);
    let left = some;
    try {
      left = (await together?.read(some, proven, within)) ?? some;
    } finally {
      batches.leave();
    }
    await eachInParallel(left, lanes, within, readOne);
  }

  await eachInParallel(units(), lanes, signal, (unit, within) =>
    unit.kind === 'one' ? readOne(unit.item, within) : readMany(unit.items, within),
  );
}

async function verifyOne(
  ctx: VerifyContext,
  { name, record, info }: ListedName,
  options: VerifyOptions,
  signal: AbortSignal,
): Promise<'doubtful' | undefined> {
  const read = await readByAnyProof(ctx, { name, record, info }, signal);
  if (ctx.index !== undefined && isDoubtfulRead(read)) return 'doubtful';
  reportRead(ctx, name, record, read, options);
  return undefined;
}

/** The index snapshot speaks of the very version that it has a record of: it may be older than the object. */
async function readByAnyProof(
  ctx: VerifyContext,
  { name, record, info }: ListedName,
  signal: AbortSignal,
): Promise<ReadBack> {
  const ref = { container: ctx.container, key: ctx.prefix + name };
  const read = await readBack(ctx, ref, record, signal, info);
  // It was replaced since it was listed.
  if (ctx.index === undefined && record !== undefined && read.verdict === 'changed')
    return readBack(ctx, ref, undefined, signal);
  if (read.verdict !== 'unverified') return read;
  const kept = await ctx.recordInSnapshot(name);
  if (!isRecordOf(kept, read.info)) return read;
  const compared = await readBack(ctx, ref, kept, signal, read.info);
  // It was replaced meanwhile.
  return compared.verdict === 'changed' ? readBack(ctx, ref, undefined, signal) : compared;
}

function reportLoaded(
  ctx: VerifyContext,
  { object: { name, record }, info, by }: LoadedObject,
  options: VerifyOptions,
): void {
  reportRead(ctx, name, record, { verdict: 'proven', by, info }, options);
}

function reportRead(
  ctx: VerifyContext,
  name: ObjectName,
  record: ObjectRecord | undefined,
  read: ReadBack,
  { report, onProof }: VerifyOptions,
): void {
  const event = eventOfRead(ctx, name, record, read);
  // Without an index nothing says that it should be there.
  const verdict = ctx.index === undefined && event.verdict === 'missing' ? 'gone' : event.verdict;
  report({ ...event, verdict });
  if (isEvidence(verdict)) onProof(name, record, verdict);
}
