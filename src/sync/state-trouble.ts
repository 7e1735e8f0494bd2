import {
  LmdbUnusableError,
  reasonOf,
  StateDamagedError,
  StateError,
  StateUnavailableError,
  StateWriteFailedError,
} from '../state/errors.js';
import { noteFailedEnvironment } from '../state/failed-environment.js';

/** A mirror met damage in its own state while it worked. Only the next start sets the state aside and begins again. */
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
    super(endText(mirror, failure), { cause: failure });
  }
}

/** LMDB cannot be used any more in this process. Another one goes on from what was recorded before. */
export class LmdbEndError extends Error {
  override readonly name = 'LmdbEndError';

  constructor(mirror: string, failure: LmdbUnusableError) {
    super(endText(mirror, failure), { cause: failure });
  }
}

function endText(mirror: string, { message }: StateError): string {
  return `mirror ${mirror}: ${message}. Longshore ends here; the next start goes on from there`;
}

/** The error that ends the process, for an `error` after which it cannot go on; undefined for all others. */
export function fatalErrorOf(mirror: string, error: unknown): Error | undefined {
  if (error instanceof StateDamagedError) return new DamageMetError(mirror, error);
  if (error instanceof LmdbUnusableError) return new LmdbEndError(mirror, error);
  return error instanceof StateWriteFailedError ? new StateWriteEndError(mirror, error) : undefined;
}

/** Plain data, so that it can come from another thread, where classes do not survive. */
export interface StateTrouble {
  readonly kind: 'damaged' | 'unusable' | 'unavailable';
  readonly path: string;
  readonly problem: string;
}

/** Undefined for errors that say nothing of the state. */
export function stateTroubleOf(error: unknown): StateTrouble | undefined {
  if (!(error instanceof StateError)) return undefined;
  const problem = error.message.replace(`${error.path}: `, '');
  return { kind: kindOf(error), path: error.path, problem };
}

function kindOf(error: StateError): StateTrouble['kind'] {
  if (error instanceof StateDamagedError) return 'damaged';
  return error instanceof LmdbUnusableError ? 'unusable' : 'unavailable';
}

/** What made LMDB unusable for another thread has made it so for the whole process. */
export function stateErrorOf({ kind, path, problem }: StateTrouble, cause: unknown): StateError {
  if (kind === 'damaged') return new StateDamagedError(path, problem, cause);
  if (kind === 'unavailable') return new StateUnavailableError(path, problem, cause);
  const unusable = new LmdbUnusableError(path, problem, cause);
  noteFailedEnvironment(unusable);
  return unusable;
}

/** Runs what writes to a file of the state folder; an error of the system comes out as the state's. @throws StateUnavailableError */
export function writingState<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new StateUnavailableError(path, `cannot be written to (${reasonOf(error)})`, error);
  }
}
