import { tmpdir } from 'node:os';
import { findObject } from '../drivers/find-object.js';
import { eachInParallel } from '../drivers/parallel.js';
import type { ObjectIndex, ObjectName, ObjectRecord } from '../state/object-index.js';
import { isSameObject, type ObjectVersion, versionOf } from '../sync/proof/prove.js';
import { readBack } from '../sync/proof/read-back.js';
import { openSpill, type Spill } from '../sync/scan/spill.js';
import { judgeListed } from './judge-listed.js';
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

/** What is wrong with an object, if the index says the same of it afterwards as before. Plain JSON. */
interface Finding {
  readonly event: VerifyEvent;
  /** What the index said before; null: nothing. */
  readonly version: ObjectVersion | null;
}

/** Looks at an object that a daemon changes all the time. */
const MOST_ROUNDS = 5;

/**
 * Looks again at objects that did not agree, and reports each once. One is wrong only when the index says the same of it
 * before and after it was looked at: else a job was at work on it meanwhile, and it is looked at once more.
 */
export async function settleDoubts(
  ctx: VerifyContext,
  doubtful: Spill<ObjectName>,
  options: VerifyOptions,
): Promise<void> {
  let names = doubtful;
  let before = await ctx.freshIndex();
  for (let round = 1; names.size > 0; round++) {
    const findings = openSpill<Finding>(tmpdir());
    const again = openSpill<ObjectName>(tmpdir());
    try {
      const index = before;
      await eachInParallel(names.items(), options.lanes, options.signal, async (name, within) => {
        const finding = await lookAgain(ctx, name, index.get(name), options, within);
        if (finding !== undefined) findings.add(finding);
      });
      const after = findings.size === 0 ? before : await ctx.freshIndex();
      for (const finding of findings.items())
        if (!settle(finding, after, round === MOST_ROUNDS, options)) again.add(finding.event.name);
      before = after;
    } finally {
      findings.close();
      names.close();
    }
    names = again;
  }
  names.close();
}

/** Reports the object when it is known to be wrong, or is not looked at any more. False: it is to be looked at again. */
function settle(
  { event, version }: Finding,
  after: Pick<ObjectIndex, 'get'>,
  isLast: boolean,
  { report, onProof }: VerifyOptions,
): boolean {
  const now = after.get(event.name);
  const isSame = version === null ? now === undefined : now && isSameObject(now, version);
  if (isSame) {
    report(event);
    if (version !== null && isEvidence(event.verdict)) onProof(event.name, version, event.verdict);
    return true;
  }
  if (isLast) report({ ...event, verdict: 'unconfirmed', detail: 'it is replaced all the time' });
  return isLast;
}

/** Reports what agrees by now, and returns what does not. */
async function lookAgain(
  ctx: VerifyContext,
  name: ObjectName,
  record: ObjectRecord | undefined,
  { report, onProof }: VerifyOptions,
  signal: AbortSignal,
): Promise<Finding | undefined> {
  const ref = { container: ctx.container, key: ctx.prefix + name };
  const info = await findObject(ctx.backend, ref, { signal });
  if (info === undefined && record === undefined) return undefined;
  const verdict = judgeListed(record, info, true);
  // Another ETag alone proves no other content.
  const isRead = verdict === 'listed' || verdict === 'changed';
  const read = isRead ? await readBack(ctx, ref, record, signal, info) : undefined;
  const event =
    read === undefined
      ? eventOf(ctx, name, record, info, { verdict })
      : eventOfRead(ctx, name, record, read);
  const isFinding = read === undefined ? isDoubt(verdict) : isDoubtfulRead(read);
  if (isFinding || event.verdict === 'extraneous')
    return { event, version: record === undefined ? null : versionOf(record) };
  report(event);
  if (record !== undefined && event.verdict === 'proven') onProof(name, record, event.verdict);
  return undefined;
}
