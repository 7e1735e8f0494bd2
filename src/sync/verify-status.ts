import type { ObjectName } from '../state/object-index.js';
import type { Damage } from './decide-healing.js';

/** An object that was read back, is not what was sent, and has not been proven since. */
export interface OpenFinding {
  readonly name: string;
  readonly problem: Damage['problem'];
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
}

/** How much of a mirror was read back; plain JSON. Times are milliseconds since the epoch. */
export interface VerifyStatus {
  /** Every object is to be read back once within so many seconds. */
  readonly withinSeconds: number;
  /** Null: no limit. */
  readonly bytesPerSecond: number | null;
  /** What the last look through the index has found; null: there was none yet since the start. */
  readonly proofs: ProofStatus | null;
  /** Objects that were read back, are not what was sent, and have not been proven since. The latest; see `damagedObjects`. */
  readonly damaged: readonly OpenFinding[];
  readonly damagedObjects: number;
  /** Objects that could not be read, or have nothing that says what their bytes should be. */
  readonly unreadable: number;
  /** The bandwidth that reading everything back in time would take; null: the bandwidth is enough. */
  readonly neededBytesPerSecond: number | null;
}

export interface ProofStatus {
  readonly objects: number;
  readonly bytes: number;
  /** Read back within the time. */
  readonly verifiedObjects: number;
  readonly verifiedBytes: number;
  readonly neverVerified: number;
  /** The oldest last proof of an object; null: none was ever proven. */
  readonly oldestProofMs: number | null;
  readonly bytesByAge: BytesByAge;
  /** Of the objects that were never read back the one that was sent first; null: there is none, or the next look finds it. */
  readonly oldestUnverified: UnverifiedObject | null;
}

/** Bytes of objects by the age of their last proof. */
export interface BytesByAge {
  readonly within7d: number;
  /** Of 8 to 30 days. */
  readonly within30d: number;
  readonly older: number;
  readonly never: number;
}

/** An object that was never read back. */
export interface UnverifiedObject {
  readonly name: ObjectName;
  /** When its bytes were hashed to be sent; milliseconds since the epoch. */
  readonly sentAtMs: number;
}

/** A report of another machine, as it was taken in; plain JSON. */
export interface CollectedReports {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** Which machine has read, and which shard. */
  readonly host: string;
  readonly shard: string;
  /** Objects that it has proven. */
  readonly proven: number;
  /** Objects that may not be what was sent: their proofs ended. */
  readonly doubtful: number;
  /** What it says of objects that have been replaced, or deleted, since. */
  readonly ignored: number;
}

/** Four answers to "can I rely on it?"; plain JSON. Times are milliseconds since the epoch. */
export interface MirrorHealth {
  /** See MirrorStatus. */
  readonly lagSeconds: number | null;
  /** When the last complete comparison with the container ended; null: there was none. */
  readonly lastReconcileMs: number | null;
  /** How often events of the source may have been lost since the watch began; null: nothing is watched. */
  readonly eventsLost: number | null;
  /** What was read back; null: the mirror does not verify, or has not looked yet. */
  readonly verified: VerifiedShare | null;
}

export interface VerifiedShare {
  /** Read back within `withinSeconds`, from 0 to 1 of all objects; 1 where there are none. */
  readonly share: number;
  readonly withinSeconds: number;
  readonly neverVerified: number;
  /** The oldest last proof of an object; null: none was ever proven. */
  readonly oldestProofMs: number | null;
}

/** How much is read back: a part of the objects from 0 to 1, or so many bytes. */
export type ReadBackShare = { readonly part: number } | { readonly bytes: number };

/** A reading that a person has asked for; plain JSON. Times are milliseconds since the epoch. */
export interface AskedVerifyStatus {
  readonly state: 'running' | 'finished' | 'stopped' | 'failed';
  readonly share: ReadBackShare;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /** One of both, as it was asked for; null: the other is. */
  readonly objectsToRead: number | null;
  readonly bytesToRead: number | null;
  /** Those that were read, and their bytes. */
  readonly objects: number;
  readonly bytes: number;
  readonly proven: number;
  readonly unreadable: number;
  /** Nothing says what their bytes should be. */
  readonly unverified: number;
  /** A job was at work on them. */
  readonly skipped: number;
  readonly wrongObjects: number;
  /** The first of them. */
  readonly wrong: readonly { readonly name: string; readonly problem: Damage['problem'] }[];
  /** Null: it did not fail. */
  readonly error: string | null;
}
