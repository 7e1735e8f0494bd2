import { tmpdir } from 'node:os';
import { eachInParallel } from '../drivers/parallel.js';
import type { ObjectName, ObjectRecord } from '../state/object-index.js';
import { type ReadBack, readBack } from '../sync/proof/read-back.js';
import { openSpill } from '../sync/scan/spill.js';
import { type ComparedName, compareListing, type ListedObject } from './compare-listing.js';
import { judgeListed } from './judge-listed.js';
import { settleDoubts } from './settle-doubts.js';
import {
  eventOf,
  eventOfRead,
  isDoubt,
  isEvidence,
  type VerifyContext,
  type VerifyOptions,
} from './verify-context.js';

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
  const { lanes, signal } = options;
  const doubtful = openSpill<ObjectName>(tmpdir());
  try {
    const names = compareListing(ctx.index?.entries() ?? [], listed);
    await eachInParallel(names, lanes, signal, async (compared, within) => {
      if ((await verifyOne(ctx, compared, options, within)) === 'doubtful')
        doubtful.add(compared.name);
    });
    if (doubtful.size > 0) await settleDoubts(ctx, doubtful, options);
  } finally {
    doubtful.close();
  }
}

async function verifyOne(
  ctx: VerifyContext,
  { name, record, info }: ComparedName,
  options: VerifyOptions,
  signal: AbortSignal,
): Promise<'doubtful' | undefined> {
  const { listingHas } = ctx.backend.capabilities;
  const verdict =
    ctx.index === undefined ? 'listed' : judgeListed(record, info, listingHas.largeSizes !== false);
  if (verdict === 'extraneous' ? ctx.extraneousIsWrong : isDoubt(verdict)) return 'doubtful';
  if (verdict !== 'listed' || !options.chosen(name, record)) {
    options.report(eventOf(ctx, name, record, info, { verdict }));
    return undefined;
  }
  const ref = { container: ctx.container, key: ctx.prefix + name };
  const read = await readBack(ctx, ref, record, signal, info);
  if (ctx.index !== undefined && isDoubt(read.verdict)) return 'doubtful';
  reportRead(ctx, name, record, read, options);
  return undefined;
}

function reportRead(
  ctx: VerifyContext,
  name: ObjectName,
  record: ObjectRecord | undefined,
  read: ReadBack,
  { report, onProof }: VerifyOptions,
): void {
  report(eventOfRead(ctx, name, record, read));
  if (record !== undefined && isEvidence(read.verdict))
    onProof(name, record, read.verdict === 'proven');
}
