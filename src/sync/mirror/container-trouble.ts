import { whenAborted } from '../../signal.js';

/**
 * That a mirror's container is gone or closed to us, or its own state cannot be had: all of its work would meet that,
 * and the work of no other mirror of the target.
 */
export interface ContainerTrouble {
  /** Undefined while there is none. */
  readonly error: Error | undefined;
  /** Aborted, with the error as its reason, by the first report. After `over` it is another one. */
  readonly signal: AbortSignal;
  report(error: Error): void;
  /** The container is there, and may be used. */
  over(): void;
  /** Rejects with the error, at once or when there is one; or with the reason of `signal`. */
  met(signal: AbortSignal): Promise<never>;
}

export function createContainerTrouble(): ContainerTrouble {
  let current = new AbortController();
  let error: Error | undefined;
  return {
    get error() {
      return error;
    },
    get signal() {
      return current.signal;
    },
    report(reported) {
      error ??= reported;
      current.abort(error);
    },
    over() {
      if (error === undefined) return;
      error = undefined;
      current = new AbortController();
    },
    met: (signal) => whenAborted(signal, current.signal),
  };
}
