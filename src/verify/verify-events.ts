import type { ObjectName } from '../state/object-index.js';
import type { ContentProof } from '../sync/store/content-proof.js';

/** What was found out about one object; a part of the JSON output. */
export type Verdict =
  /** Its bytes were read, and are what they should be. */
  | 'proven'
  /** The listing agrees with the index, or there is no index. It was not read. */
  | 'listed'
  /** It was to be read, and was not: nothing says what its bytes should be. */
  | 'unverified'
  /** The index says that it was sent, and it is not there. */
  | 'missing'
  /** The index snapshot has it, and it is not there: it was deleted since, or is missing. */
  | 'gone'
  /** It is another version than was sent, with other bytes. */
  | 'changed'
  /** It has another number of bytes than were sent. */
  | 'wrong-size'
  /** It is the version that was sent, and two readings gave other bytes. */
  | 'damaged'
  /** The index does not know it. */
  | 'extraneous'
  /** It is being sent, or was when a process was interrupted. */
  | 'unconfirmed'
  /** It could not be read, which says nothing of its content. */
  | 'unreadable';

export interface VerifyEvent {
  readonly name: ObjectName;
  /** Bytes, as the container has it; of a missing object as it was sent. */
  readonly size: number;
  readonly verdict: Verdict;
  /** By what a proven object was proven. */
  readonly proof?: ContentProof['by'];
  /** For people; empty where the verdict says it all. */
  readonly detail: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** Verdicts that mean that the container is not what it should be. */
export const WRONG: ReadonlySet<Verdict> = new Set(['missing', 'changed', 'wrong-size', 'damaged']);
