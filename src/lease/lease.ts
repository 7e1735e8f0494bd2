import type { Epoch, LeasedUpload } from './document.js';

/** The right to write below one prefix of a container. One process has it at a time. */
export interface Lease {
  /**
   * Takes the lease and renews it from then on. Resolves when no worker of an earlier holder writes any more. Rejects with LeaseHeldError while another process holds it, and with the
   * driver's errors. Call it again later: it remembers since when the other holder has been silent.
   */
  acquire(signal: AbortSignal): Promise<Acquired>;
  /**
   * Call it before each write. Returns undefined while the last renewal is recent. Otherwise (the machine slept, the
   * provider was away, or nothing was written) it renews the lease first. Rejects with LeaseLostError when another process
   * took it, with errors about the whole target, and with LeaseUnavailableError for other failures of the renewal.
   */
  hold(signal: AbortSignal): Promise<void> | undefined;
  /** Renews now, which proves that the target takes writes. Rejects as `hold` does, and with the driver's refusal. */
  prove?(signal: AbortSignal): Promise<void>;
  /** Rejects with LeaseLostError as soon as the lease is lost, or with the reason of `signal`. */
  whenLost(signal: AbortSignal): Promise<never>;
  /**
   * Releases the lease, so that the next holder need not wait, except for workers that may still write by then (see
   * LeaseOptions). Never rejects; a second call does nothing.
   */
  release(): Promise<void>;
  /** What workers get with each job. Undefined while nothing may be written: it is not held, or earlier workers may still write. */
  epoch(): Epoch | undefined;
  /** Null where the mirror uses no lease. */
  status(): LeaseStatus | null;
}

/** Facts about a lease that was taken. */
export interface Acquired {
  /** Another process held it before, so the content of the container is unknown. */
  readonly wasOthers: boolean;
  /** False: the container had no lease object, as when it is new or was emptied. */
  readonly wasThere: boolean;
  /** Uploads that the other process had begun when it renewed the lease last: no process will complete them. */
  readonly leftUploads?: readonly LeasedUpload[];
  /** The fence of the lease that was found, and ours; missing where no lease was taken. */
  readonly fences?: { readonly found: number | undefined; readonly ours: number };
}

/** Plain JSON, as status shows it. */
export interface LeaseStatus {
  readonly held: boolean;
  /** Grows by one with each change of holder. */
  readonly fence: number;
  /** Milliseconds since the epoch of our last renewal; null before the first. */
  readonly renewedAtMs: number | null;
  /** The lease is renewed only while something is written, so that an idle disk can sleep. */
  readonly renewsWhenUsed?: true;
}
