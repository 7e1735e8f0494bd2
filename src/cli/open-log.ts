import type { Writable } from 'node:stream';
import type { Config } from '../config/config.js';
import { createLogger, type OpenLogger } from '../log.js';
import { openDatagramSocket } from '../unix-datagram.js';
import type { Io } from './io.js';
import { writesToJournal } from './journal.js';
import { openFileLimit, WANTED_FILES } from './open-files.js';

/**
 * The log as the configuration, or the command line, wants it: on stderr, or as entries with fields where stderr leads to the
 * journal, and in a file. `stream` stands in for stderr where something else shares the terminal.
 */
export function openLog({ log }: Config, io: Io, stream: Writable = io.stderr): OpenLogger {
  const journald = stream === io.stderr && writesToJournal(io);
  const journal = journald ? openDatagramSocket() : undefined;
  const format = io.logFormat ?? log.format;
  const logger = createLogger({ ...log, format, stream, clock: io.clock, journald, journal });
  const release = io.onWarning((error) => logger.warn('warning of Node', { error }));
  const { error, warn, info, debug, control } = logger;
  return {
    error,
    warn,
    info,
    debug,
    control,
    get debugEnabled() {
      return logger.debugEnabled;
    },
    close() {
      release();
      return logger.close();
    },
  };
}

/** Logs the warnings about a valid configuration. */
export function logWarnings({ warnings }: Config, log: OpenLogger): void {
  for (const warning of warnings) log.warn('configuration', { warning });
  const limit = openFileLimit();
  if (limit !== undefined && limit < WANTED_FILES)
    log.warn('few files may be open at once', {
      limit,
      advice: `ulimit -n ${WANTED_FILES}, or LimitNOFILE= in a unit`,
    });
}
