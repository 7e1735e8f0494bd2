import { escapeUnprintable } from '../../../printable.js';
import { InvalidCredentialsError, TargetUnavailableError } from '../../errors.js';

/** Wrong or missing credentials: a person must put them right. */
export function unusableCredentials(problem: string, cause?: unknown): InvalidCredentialsError {
  return new InvalidCredentialsError(problem, { driver: 's3', cause });
}

/** A service, or a program, that may well give credentials at the next try. */
export function noCredentialsNow(problem: string, cause?: unknown): TargetUnavailableError {
  return new TargetUnavailableError(problem, { driver: 's3', retry: 'backoff', cause });
}

/** Characters that are quoted of what another program, or a service, says. */
const QUOTED = 300;

/** Words of another program on one line, for an error. */
export function quotedWords(text: string): string {
  return escapeUnprintable(text.trim().replace(/\s+/g, ' ').slice(0, QUOTED));
}
