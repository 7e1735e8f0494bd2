import { randomUUID } from 'node:crypto';
import { isoTime } from '../clock.js';
import type { ProcessIdentity } from '../state/process-identity.js';

/** Who holds a place in a container: a process, on a machine, with a state folder of its own. */
export interface Holder extends ProcessIdentity {
  /** Random, kept in the state of the mirror: survives restarts, and is copied with the state. */
  readonly instance: string;
  /** Tells machines apart, as far as the system does; null where it does not. */
  readonly machine: string | null;
  /** Path of the state folder, and what tells it from others on the same machine. */
  readonly stateFolder: string;
  readonly stateIdentity: string;
}

/** The content of a lease object. Times are ISO 8601 by the holder's own clock: for people, never for decisions. */
export interface LeaseDocument {
  readonly format: 'longshore lease';
  readonly version: 1;
  readonly mirror: string;
  readonly holder: Holder;
  /** One more with each change of hands. */
  readonly fence: number;
  /** Random: of one holding. */
  readonly session: string;
  /** One more with each sign of life, so that no two contents of the object are the same. */
  readonly renewal: number;
  /** Silence, in milliseconds, after which others may take over. */
  readonly periodMs: number;
  readonly heldSince: string;
  readonly renewedAt: string;
  /** The holder has ended, and nobody needs to wait for it. */
  readonly released: boolean;
  /** Signs of life are given only while something is written: whether the process runs says more than its silence. */
  readonly renewsWhenUsed?: true;
}

/** Begins a holding. */
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

/** The next sign of life. */
export function renewed(document: LeaseDocument, nowMs: number): LeaseDocument {
  return { ...document, renewal: document.renewal + 1, renewedAt: isoTime(nowMs) };
}

/** The last sign of life. */
export function released(document: LeaseDocument, nowMs: number): LeaseDocument {
  return { ...renewed(document, nowMs), released: true };
}

export function writeDocument(document: LeaseDocument): Uint8Array {
  return Buffer.from(`${JSON.stringify(document, undefined, 2)}\n`);
}

/** Undefined for what is no lease, or one of a later version: somebody holds the place, and nobody knows who. */
export function readDocument(text: string): LeaseDocument | undefined {
  try {
    const document = JSON.parse(text) as Partial<LeaseDocument> | null;
    const known =
      document?.format === 'longshore lease' &&
      document.version === 1 &&
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
