import { ConfigError } from '../config/load.js';
import { escapeUnprintable } from '../log/printable.js';
import { UsageError } from './exit.js';

/**
 * What a command says on stderr when an error ends it: the message, then the causes that it does not mention. For the journal
 * each line begins with the priority of an error (sd-daemon(3)).
 */
export function errorLines(error: unknown, journald: boolean): string {
  return linesOf(error)
    .map((line, i) => `${journald ? '<3>' : ''}${i === 0 ? 'longshore: ' : '  '}${escapeUnprintable(line)}\n`)
    .join('');
}

function linesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  if (isFault(error))
    return [`a fault in longshore itself; please report it: ${error.message}`, ...(error.stack ?? '').split('\n').slice(1)];
  // Lists of complaints alone have several lines: in any other message a line break is part of a name.
  const lines = error instanceof ConfigError || error instanceof UsageError ? error.message.split('\n') : [error.message];
  const { cause } = error;
  if (!(cause instanceof Error) || error.message.includes(cause.message)) return lines;
  const [first, ...others] = linesOf(cause);
  return [...lines, `because of: ${first}`, ...others];
}

/** Errors of the language, which no outside circumstance gives. */
function isFault(error: Error): boolean {
  return error instanceof ReferenceError || (error instanceof TypeError && !('code' in error));
}
