import type { ObjectRecord } from '../state/object-index.js';
import { type Decision, decide, decideExtraneous, type Policy, type Remote } from './decide.js';
import { digestsOf } from './digests.js';

/**
 * What is to be done about one object when its file was not looked at: the file counts as what the record says. Pure; it
 * never deletes and never forgets. An object without a record is reported as `extraneous` says, and never deleted.
 */
export function decideByRecord(
  known: ObjectRecord | undefined,
  remote: Remote,
  policy: Policy,
): Decision {
  if (known === undefined) {
    const extraneous = decideExtraneous(remote, policy);
    return extraneous.action === 'delete' ? { action: 'report', what: 'extraneous' } : extraneous;
  }
  // What was decided about a missing or damaged file, and whether the file changed as it was hashed, needs a look at it.
  const { guarded: _, ...record } = { ...known, hashedAtMs: Number.MAX_SAFE_INTEGER };
  const { kind, size, mtimeNs, ctimeNs, inode, mode, uid, gid } = record;
  const links = known.hardLink ? { links: 2 } : {};
  const entry = { path: '', kind, size, mtimeNs, ctimeNs, inode, mode, uid, gid, ...links };
  return decide({ entry, ...digestsOf(record) }, record, remote, policy);
}
