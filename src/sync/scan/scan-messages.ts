import { SourceMissingError } from '../../watcher/source.js';
import { type StateTrouble, stateErrorOf, stateTroubleOf } from '../state-trouble.js';
import type { RemotePage } from './remote-page.js';
import type { ScanItem, ScanRequest } from './scan-items.js';

// What goes between a scan's thread and the thread that wants it.

export interface ScanThreadData {
  readonly request: ScanRequest;
  readonly listed: boolean;
  /** Shared memory: see CANCELLED and SCANNED. */
  readonly shared: Int32Array;
}

/** Place in the shared memory: not 0 once the scan is to end. */
export const CANCELLED = 0;
/** Place in the shared memory: entries scanned so far. */
export const SCANNED = 1;

/** Batches under way to the other thread before the scan waits for it. */
export const MOST_BATCHES = 4;

export type FromScan =
  | { readonly kind: 'batch'; readonly items: readonly ScanItem[] }
  /** Answered with `page`. */
  | { readonly kind: 'want-page' }
  /** The memory of a page that was read. */
  | { readonly kind: 'page-read'; readonly memory: ArrayBuffer }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'ended' };

export type ToScan =
  /** One batch has been dealt with. */
  | { readonly kind: 'done' }
  /** All parts of the scan have been walked. */
  | { readonly kind: 'all-walked' }
  | { readonly kind: 'page'; readonly page: RemotePage | undefined }
  /** Wakes a scan that waits; CANCELLED says why. */
  | { readonly kind: 'wake' };

/** An error on its way to another thread, where classes do not survive. */
export interface Failure {
  readonly error: unknown;
  readonly source?: { readonly root: string; readonly problem: string };
  readonly state?: StateTrouble;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof SourceMissingError)
    return { error, source: { root: error.root, problem: error.problem } };
  const state = stateTroubleOf(error);
  return state === undefined ? { error } : { error, state };
}

/** The scan ended without having seen everything. Nothing that it did not find may be taken for gone. */
export class ScanFailedError extends Error {
  override readonly name = 'ScanFailedError';
}

export function errorOf({ error, source, state }: Failure, root: string): Error {
  if (source !== undefined)
    return new SourceMissingError(source.root, source.problem, { cause: error });
  if (state !== undefined) return stateErrorOf(state, error);
  const reason = error instanceof Error ? error.message : String(error);
  return new ScanFailedError(
    `the scan of ${root} failed, so nothing is deleted because of it: ${reason}`,
    { cause: error },
  );
}
