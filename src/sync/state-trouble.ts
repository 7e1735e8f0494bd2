import { reasonOf, StateDamagedError, StateError, StateUnavailableError, StateWriteFailedError } from '../state/errors.js';

/** A mirror met damage in its own state while it worked. Only an opening sets that aside and begins anew. */
export class DamageMetError extends Error {
  override readonly name = 'DamageMetError';

  constructor(mirror: string, damage: StateDamagedError) {
    super(
      `mirror ${mirror}: ${damage.message}. Start longshore again: it sets the damaged file aside and makes another from the files and the container; nothing is deleted before that is done`,
      { cause: damage },
    );
  }
}

/** A write of a mirror's index failed. Another process goes on from what was recorded before. */
export class StateWriteEndError extends Error {
  override readonly name = 'StateWriteEndError';

  constructor(mirror: string, failure: StateWriteFailedError) {
    super(`mirror ${mirror}: ${failure.message}. Longshore ends here; the next start goes on from there`, { cause: failure });
  }
}

/** The error that ends the process, for an `error` after which it cannot go on; undefined for all others. */
export function fatalErrorOf(mirror: string, error: unknown): Error | undefined {
  if (error instanceof StateDamagedError) return new DamageMetError(mirror, error);
  return error instanceof StateWriteFailedError ? new StateWriteEndError(mirror, error) : undefined;
}

/** Plain data, so that it can come from another thread, where classes do not survive. */
export interface StateTrouble {
  readonly kind: 'damaged' | 'unavailable';
  readonly path: string;
  readonly problem: string;
}

/** Undefined for errors that say nothing of the state. */
export function stateTroubleOf(error: unknown): StateTrouble | undefined {
  if (!(error instanceof StateError)) return undefined;
  const problem = error.message.replace(`${error.path}: `, '');
  return { kind: error instanceof StateDamagedError ? 'damaged' : 'unavailable', path: error.path, problem };
}

export function stateErrorOf({ kind, path, problem }: StateTrouble, cause: unknown): StateError {
  return kind === 'damaged' ? new StateDamagedError(path, problem, cause) : new StateUnavailableError(path, problem, cause);
}

/** Runs what writes to a file of the state folder; an error of the system comes out as the state's. @throws StateUnavailableError */
export function writingState<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new StateUnavailableError(path, `cannot be written to (${reasonOf(error)})`, error);
  }
}
