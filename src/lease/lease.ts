/** The right to write to one place of a container, which one process has at a time. */
export interface Lease {
  /**
   * Takes the place and from then on gives signs of life, or finds out that it cannot: rejects with LeaseHeldError while
   * somebody else has it, and with the driver's errors. Call it again later: it remembers since when the other one has
   * been silent.
   */
  acquire(signal: AbortSignal): Promise<Acquired>;
  /**
   * To be asked before each write. Returns at once, mostly; after too long a silence (the machine slept, the provider
   * was away, or no sign of life was due as nothing was written) it first makes sure that the place is still ours. Rejects
   * with LeaseLostError when it is not, with what is wrong with the target as a whole, and with LeaseUnavailableError when it cannot be renewed for another reason.
   */
  hold(signal: AbortSignal): Promise<void> | undefined;
  /** Gives a sign of life now, which shows that changes go through. Rejects as `hold` does, and with the driver's refusal. */
  prove?(signal: AbortSignal): Promise<void>;
  /** Rejects with LeaseLostError as soon as the place is lost, or with the reason of `signal`. */
  whenLost(signal: AbortSignal): Promise<never>;
  /** Ends the holding, so that nobody needs to wait. Never rejects; a second call does nothing. */
  release(): Promise<void>;
  /** Null where there are no leases. */
  status(): LeaseStatus | null;
}

/** What there is to say of a place that was taken. */
export interface Acquired {
  /** It was somebody else's before, so that nothing is known of what it holds. */
  readonly wasOthers: boolean;
  /** False: there was no lease at all, as in a container that is new, or that somebody has emptied. */
  readonly wasThere: boolean;
  /** How often the place had changed hands by the lease that was found, and by ours; missing where no lease was taken. */
  readonly fences?: { readonly found: number | undefined; readonly ours: number };
}

/** Plain JSON. */
export interface LeaseStatus {
  readonly held: boolean;
  /** One more with each change of hands. */
  readonly fence: number;
  /** Milliseconds since the epoch of our last sign of life; null when there was none. */
  readonly renewedAtMs: number | null;
  /** Signs of life are given only while something is written, so that an idle disk can sleep. */
  readonly renewsWhenUsed?: true;
}
