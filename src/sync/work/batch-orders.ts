import type { ReplacedObject } from '../../drivers/capabilities.js';
import type { ObjectRecord } from '../../state/object-index.js';
import type { Policy } from '../decide.js';
import type { PutWhere } from '../store/object-store.js';
import type { BatchedFile } from '../upload-batch.js';
import type { FileOrder } from './batch-effects.js';
import { compareTouched } from './touched-files.js';

/**
 * What is to be done about a file of a batch whose content has not been read yet; undefined: a job of its own sees to it.
 * `known`: the record that its object has now.
 */
export function orderOf(
  file: BatchedFile,
  known: ObjectRecord | undefined,
  policy: Policy,
): FileOrder | undefined {
  const { entry } = file;
  const there = { replaces: replacedBy(file, known), where: expected(file, known) };
  if (file.why !== 'touched') {
    const sends = sendable(file, known);
    return sends === undefined ? undefined : { entry, sends, recorded: undefined, ...there };
  }
  if (known === undefined || known.md5 === '') return undefined;
  if (known.state !== 'confirmed' || known.guarded !== undefined) return undefined;
  const ifOther = { file, entry, content: { ...UNREAD, md5: OTHER_MD5 }, known };
  const sends = compareTouched(ifOther, policy) === 'changed' ? sendable(file, known) : undefined;
  return { entry, sends: sends ?? 'none', recorded: known.md5, ...there };
}

/** Of content that no record has. */
const OTHER_MD5 = '-';
const UNREAD = { looks: 'ordinary', hashedAtMs: 0 } as const;

/** An object whose ETag is the MD5 of its content was put whole. */
function replacedBy({ listed }: BatchedFile, known: ObjectRecord | undefined): ReplacedObject {
  if (known === undefined) return listed === 'absent' ? 'nothing' : 'unknown';
  const isWhole =
    known.state === 'confirmed' &&
    known.md5 !== '' &&
    known.etag?.replaceAll('"', '') === known.md5;
  return isWhole ? 'whole' : 'unknown';
}

/**
 * What the object is believed to be. What a listing knows better than the record (another object, a lost one) did not come along
 * in full, and then nothing is said of one that is there.
 */
function expected({ why, listed }: BatchedFile, known: ObjectRecord | undefined): PutWhere {
  if (listed === 'absent') return 'absent';
  if (known === undefined) return listed === 'unknown' ? 'absent' : 'anywhere';
  const { state, etag } = known;
  return state === 'confirmed' && why !== 'drift' && etag !== undefined
    ? { ifMatch: etag }
    : 'anywhere';
}

/** Which content of the file may be sent; undefined: none. */
function sendable(
  { entry, why }: BatchedFile,
  known: ObjectRecord | undefined,
): 'any' | 'ordinary' | undefined {
  if (known === undefined) return why === 'new' ? 'any' : undefined;
  // Another job may have begun to send the file since it was found; the file may have taken the place of another one, which
  // may live on elsewhere; and the guard is asked about content that looks encrypted or wiped.
  if (known.state === 'sending' && why !== 'unconfirmed') return undefined;
  const isOther = known.inode !== entry.inode;
  return why !== 'new' && known.guarded === undefined && !isOther ? 'ordinary' : undefined;
}
