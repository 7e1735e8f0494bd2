import { randomUUID } from 'node:crypto';
import { isoTime } from '../clock.js';
import type { ProcessIdentity } from '../state/process-identity.js';

/** The holder of a lease: a process, on a machine, with its own state folder. */
export interface Holder extends ProcessIdentity {
  /** Random, stored in the state of the mirror: it survives restarts, and copies of the state share it. */
  readonly instance: string;
  /** Identifies the machine; null where the system has no machine id. */
  readonly machine: string | null;
  /** Path of the state folder, and its identity among those of the same machine. */
  readonly stateFolder: string;
  readonly stateIdentity: string;
}

/** A multipart upload that the holder began, and has neither completed nor aborted. */
export interface LeasedUpload {
  readonly driver: string;
  readonly key: string;
  /** See UploadToken. */
  readonly opaque: string;
  readonly beganAtMs: number;
}

/** One holding of a lease, from taking to losing or releasing it. Workers carry it with each job, and write under no other. */
export interface Epoch {
  readonly session: string;
  readonly fence: number;
}

/**
 * Workers of the holder may write until this long after the lease has gone to another holder, who waits for longer
 * (`workersGoneMs`) before it writes. A worker trusts what it read of the lease for less.
 */
export const WORKERS_TRUST_MS = 30_000;
/** A lease that asks for more is damaged. */
const LONGEST_TRUST_MS = 3_600_000;

/** The content of a lease object. Times are ISO 8601 by the holder's own clock: for people to read, never for decisions. */
export interface LeaseDocument {
  readonly format: 'longshore lease';
  /** 2: workers of the holder may write. A program that knows only 1 cannot read it, and waits a whole period. */
  readonly version: 1 | 2;
  readonly mirror: string;
  readonly holder: Holder;
  /** Grows by one with each change of holder. */
  readonly fence: number;
  /** Random; identifies the time from taking to losing or releasing the lease. */
  readonly session: string;
  /** Grows by one with each renewal, so that no two contents of the object are equal. */
  readonly renewal: number;
  /** Milliseconds without a renewal after which another process may take over. */
  readonly periodMs: number;
  readonly heldSince: string;
  readonly renewedAt: string;
  /** The holder has ended: another process can take the lease at once. */
  readonly released: boolean;
  /** The holder renews only while it writes: whether its process runs says more than its silence. */
  readonly renewsWhenUsed?: true;
  /** As of the last renewal: what they have stored is paid for until the next holder aborts them. Missing: none. */
  readonly uploads?: readonly LeasedUpload[];
  /** Milliseconds; see WORKERS_TRUST_MS. 0: no worker of this holder writes any more. Missing: the mirror has no workers. */
  readonly workersTrustMs?: number;
}

/** How long the next holder waits before it writes, in milliseconds, where workers trust this one's lease for `trustMs`. */
export function workersGoneMs(trustMs: number): number {
  return 1.5 * trustMs;
}

/** The document of a newly taken lease. */
export function newDocument(
  of: Pick<LeaseDocument, 'mirror' | 'holder' | 'fence' | 'periodMs' | 'renewsWhenUsed'>,
  nowMs: number,
): LeaseDocument {
  const now = isoTime(nowMs);
  return {
    format: 'longshore lease',
    version: 1,
    ...of,
    session: randomUUID(),
    renewal: 0,
    heldSince: now,
    renewedAt: now,
    released: false,
  };
}

/** The document of the next renewal. */
export function renewed(document: LeaseDocument, nowMs: number): LeaseDocument {
  return { ...document, renewal: document.renewal + 1, renewedAt: isoTime(nowMs) };
}

/** More would make each renewal large; the oldest are left to the container's own rules. */
const MOST_UPLOADS = 100;

/** The document with these uploads, the newest of them where they are many. */
export function withUploads(
  { uploads: _, ...document }: LeaseDocument,
  uploads: readonly LeasedUpload[],
): LeaseDocument {
  return uploads.length === 0 ? document : { ...document, uploads: uploads.slice(-MOST_UPLOADS) };
}

/** The document as workers trust it; undefined: the mirror has none. Without trust any version of longshore can read it. */
export function withWorkersTrust(
  { workersTrustMs: _, ...document }: LeaseDocument,
  trustMs: number | undefined,
): LeaseDocument {
  if (trustMs === undefined) return { ...document, version: 1 };
  return { ...document, version: trustMs > 0 ? 2 : 1, workersTrustMs: trustMs };
}

/** The uploads that a lease names, as far as they have the form of uploads: anything can be in the object. */
export function uploadsIn(document: LeaseDocument | undefined): readonly LeasedUpload[] {
  const uploads: readonly unknown[] = Array.isArray(document?.uploads) ? document.uploads : [];
  return uploads.filter(isUpload).slice(-MOST_UPLOADS);
}

function isUpload(value: unknown): value is LeasedUpload {
  const { driver, key, opaque, beganAtMs } = (value ?? {}) as Partial<LeasedUpload>;
  const texts = [driver, key, opaque];
  return (
    texts.every((text) => typeof text === 'string' && text !== '') && Number.isFinite(beganAtMs)
  );
}

/** The last document of a holder, which releases the lease. */
export function released(document: LeaseDocument, nowMs: number): LeaseDocument {
  return { ...renewed(document, nowMs), released: true };
}

export function writeDocument(document: LeaseDocument): Uint8Array {
  return Buffer.from(`${JSON.stringify(document, undefined, 2)}\n`);
}

/** Undefined for text that is not a lease, or one of a later version: then an unknown process holds the lease. */
export function readDocument(text: string): LeaseDocument | undefined {
  try {
    const document = JSON.parse(text) as Partial<LeaseDocument> | null;
    const known =
      document?.format === 'longshore lease' &&
      (document.version === 1 || (document.version === 2 && isTrust(document.workersTrustMs))) &&
      typeof document.holder === 'object' &&
      typeof document.fence === 'number' &&
      typeof document.session === 'string' &&
      typeof document.periodMs === 'number' &&
      typeof document.released === 'boolean';
    return known ? (document as LeaseDocument) : undefined;
  } catch {
    return undefined;
  }
}

/** A version 2 without it says nothing about its workers. */
function isTrust(ms: unknown): boolean {
  return typeof ms === 'number' && ms >= 0 && ms <= LONGEST_TRUST_MS;
}
