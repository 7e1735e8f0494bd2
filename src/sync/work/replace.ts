import type { ObjectRecord } from '../../state/object-index.js';
import { type ContentClass, contentClassOf } from '../content-class.js';
import type { RemoteFact } from '../decide.js';
import { FREE, type GrantedPermit } from '../guard/guard.js';
import type { Job } from './job.js';
import type { MirrorContext } from './mirror-context.js';
import type { Outcome } from './outcome.js';

const REJECTED =
  'its overwrite was rejected, and the file still looks encrypted or wiped; restore it, or see: longshore reject --undo';

/**
 * Asks the guard for a permit to replace an object where the new content looks encrypted or wiped and the old did not.
 * Resolves with the outcome of the job when the guard refuses.
 */
export async function permitToReplace(
  job: Job,
  why: string,
  looks: ContentClass,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome | GrantedPermit> {
  if (looks === 'ordinary') return FREE;
  const known = await replaced(job, why, ctx, signal);
  if (known === undefined || !isSuspicious(known, looks)) return FREE;
  if (known.guarded === 'rejected')
    return { outcome: 'skipped', reason: 'overwrite-refused', detail: REJECTED };
  if (job.planned !== undefined) return FREE; // a person has seen it
  const permit = await ctx.guard.ask('overwrite', job.name, known);
  return permit.granted ? permit : { outcome: 'held', change: 'overwrite' };
}

/** What is known of the object that would be replaced; undefined when nothing would, or when it is nothing to be asked about. */
async function replaced(
  { name }: Job,
  why: string,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<ObjectRecord | undefined> {
  if (why === 'changed') return ctx.index.get(name);
  if (why === 'unconfirmed') return markedOver(ctx.index.get(name));
  // Who encrypts a machine's files may have had its state as well, and then nothing is known of what was there.
  if (why !== 'other-content') return undefined;
  const there = await ctx.effects.head(name, signal);
  return typeof there === 'object'
    ? recordOfObject(there, contentClassOf(await ctx.effects.beginning(name, signal)))
    : undefined;
}

/** A mark over an object of ours: one without a digest was made before the new content was read, and has the class of the old. */
function markedOver(known: ObjectRecord | undefined): ObjectRecord | undefined {
  return known?.state === 'sending' && known.md5 === '' && known.etag !== undefined
    ? known
    : undefined;
}

/**
 * A record for an object that has none, so that the guard can hold it; no file matches it. It exists while a person has to
 * decide, and after a rejection.
 */
function recordOfObject({ size, md5 = '', etag }: RemoteFact, looks: ContentClass): ObjectRecord {
  const noFile = {
    kind: 'file',
    mtimeNs: 0n,
    ctimeNs: 0n,
    inode: 0n,
    mode: 0,
    uid: 0,
    gid: 0,
    hashedAtMs: 0,
  } as const;
  return {
    state: 'confirmed',
    ...noFile,
    size,
    md5,
    ...(etag === undefined ? {} : { etag }),
    ...(looks === 'ordinary' ? {} : { looks }),
  };
}

/** What always looked like that (archives without a known beginning, files encrypted by their owner, empty ones) is not suspicious. */
function isSuspicious(before: ObjectRecord, now: ContentClass): boolean {
  return now !== 'ordinary' && now !== before.looks && before.size > 0;
}
