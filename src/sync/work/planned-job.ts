import type { ObjectIndex } from '../../state/object-index.js';
import type { Decision } from '../decide.js';
import {
  type Evidence,
  fileChange,
  fileEvidence,
  objectEvidence,
  recordEvidence,
  whatChanged,
} from '../evidence.js';
import type { Job } from './job.js';
import type { Facts } from './record-changes.js';

/** What the decision about the job's object rests on. */
export function evidenceOf(
  { name, renamedFrom }: Job,
  { local, remote }: Facts,
  index: Pick<ObjectIndex, 'get'>,
): Evidence {
  const evidence = {
    file: local === undefined ? null : fileEvidence(local.entry),
    record: recordEvidence(index.get(name)),
    object: objectEvidence(remote),
  };
  if (renamedFrom === undefined) return evidence;
  const from = { name: renamedFrom, record: recordEvidence(index.get(renamedFrom)) };
  return { ...evidence, from };
}

/**
 * Why a planned job may not be carried out; undefined: it may, or it is from no plan. From the second attempt on only the
 * file is compared: the attempts before may have changed the record and the object.
 */
export function whyOutdated(
  { planned, attempt }: Pick<Job, 'planned' | 'attempt'>,
  { action }: Decision,
  now: Evidence,
): string | undefined {
  if (planned === undefined) return undefined;
  const changed =
    attempt === 1
      ? whatChanged(planned.evidence, now)
      : fileChange(planned.evidence.file, now.file);
  if (changed !== undefined || attempt > 1) return changed;
  if (action === planned.action) return undefined;
  return action === 'nothing' ? 'nothing is left to do' : `it would be ${action} now`;
}
