import { ConfigError } from '../config/config-error.js';
import { openFileLimit, WANTED_FILES } from '../open-files.js';
import { escapeUnprintable } from '../printable.js';
import { UsageError } from './exit.js';

/**
 * The lines on stderr when an error ends a command: the message, then the causes that it does not mention. For the journal
 * each line begins with the priority of an error (sd-daemon(3)).
 */
export function errorLines(error: unknown, journald: boolean): string {
  return messageLines(error)
    .map(
      (line, i) =>
        `${journald ? '<3>' : ''}${i === 0 ? 'longshore: ' : '  '}${escapeUnprintable(line)}\n`,
    )
    .join('');
}

/** The message and its causes, without the line breaks of names; at a limit of open files, with advice at the end. */
export function messageLines(error: unknown): string[] {
  const lines = linesOf(error);
  return lines.some((line) => /\bEMFILE\b/.test(line)) ? [...lines, moreFiles()] : lines;
}

/** What to do when the system lets this process open no more files (EMFILE). */
function moreFiles(): string {
  const limit = openFileLimit();
  return `too many open files: ${limit === undefined ? '' : `at most ${limit} are allowed; `}raise the limit with ulimit -n ${WANTED_FILES}, or LimitNOFILE= in a unit`;
}

function linesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  if (isFault(error))
    return [
      `a fault in longshore itself; please report it: ${error.message}`,
      ...(error.stack ?? '').split('\n').slice(1),
    ];
  // Lists of complaints alone have several lines: in any other message a line break is part of a name.
  const lines =
    error instanceof ConfigError || error instanceof UsageError
      ? error.message.split('\n')
      : [error.message];
  const { cause } = error;
  if (!(cause instanceof Error) || error.message.includes(cause.message)) return lines;
  const [first, ...others] = linesOf(cause);
  return [...lines, `because of: ${first}`, ...others];
}

/** Errors of the language, which no outside circumstance gives. */
function isFault(error: Error): boolean {
  return error instanceof ReferenceError || (error instanceof TypeError && !('code' in error));
}
