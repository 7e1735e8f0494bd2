import { InvalidCredentialsError, TargetUnavailableError } from '../../errors.js';

/** Wrong or missing credentials: a person must put them right. */
export function unusableCredentials(problem: string, cause?: unknown): InvalidCredentialsError {
  return new InvalidCredentialsError(problem, { driver: 's3', cause });
}

/** A service, or a program, that may well give credentials at the next try. */
export function noCredentialsNow(problem: string, cause?: unknown): TargetUnavailableError {
  return new TargetUnavailableError(problem, { driver: 's3', retry: 'backoff', cause });
}
