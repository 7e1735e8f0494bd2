import type { ObjectRecord } from '../../state/object-index.js';
import type { Job } from '../job.js';
import type { ContentLook } from '../source/content-look.js';
import type { Outcome, Workplace } from '../workplace.js';
import { FREE, type GrantedLeave } from './guard.js';

const REJECTED = 'its overwrite was rejected, and the file still looks encrypted or wiped; restore it, or see: longshore reject --undo';

/**
 * Asks leave to replace the content of an object where the new content looks encrypted or wiped and the old did not.
 * Resolves with what became of the job when it is not given.
 */
export async function leaveToReplace(job: Job, why: string, looks: ContentLook, at: Workplace): Promise<Outcome | GrantedLeave> {
  const known = at.index.get(job.name);
  if (why !== 'changed' || known === undefined || !isSuspicious(known, looks)) return FREE;
  if (known.guarded === 'rejected') return { outcome: 'skipped', reason: 'overwrite-refused', detail: REJECTED };
  const leave = await at.guard.ask('overwrite', job.name, known);
  return leave.granted ? leave : { outcome: 'held', change: 'overwrite' };
}

/** What always looked like that (archives without a known beginning, files encrypted by their owner, empty ones) is not suspicious. */
function isSuspicious(before: ObjectRecord, now: ContentLook): boolean {
  return now !== 'ordinary' && now !== before.looks && before.size > 0;
}
