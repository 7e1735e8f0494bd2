import type { Writable } from 'node:stream';
import type { Config } from '../config/config.js';
import { createLogger, type LogControl, type OpenLogger } from '../log.js';
import { openFileLimit, WANTED_FILES } from '../open-files.js';
import { openDatagramSocket } from '../unix-datagram.js';
import type { Io } from './io.js';
import { writesToJournal } from './journal.js';

/**
 * The log as the configuration, or the command line, wants it: on stderr, or as entries with fields where stderr leads to the
 * journal, and in a file. `stream` stands in for stderr where something else shares the terminal.
 */
export function openLog(
  config: Pick<Config, 'log'>,
  io: Io,
  stream: Writable = io.stderr,
): ConfigurableLog {
  let logger = openLogger(config, io, stream);
  /** Of the loggers before. */
  let counted: LineCounts = { error: 0, warn: 0, info: 0, debug: 0 };
  let closing: Promise<unknown> = Promise.resolve();
  const release = io.onWarning((error) => logger.warn('warning of Node', { error }));
  return {
    error: (event, fields) => logger.error(event, fields),
    warn: (event, fields) => logger.warn(event, fields),
    info: (event, fields) => logger.info(event, fields),
    debug: (event, fields) => logger.debug(event, fields),
    get debugEnabled() {
      return logger.debugEnabled;
    },
    control: controlOf(
      () => logger.control,
      () => sumOf(counted, logger.control.counts()),
    ),
    configure(log) {
      const before = logger;
      counted = sumOf(counted, before.control.counts());
      logger = openLogger({ log }, io, stream);
      closing = Promise.all([closing, before.close()]);
    },
    async close() {
      release();
      await Promise.all([closing, logger.close()]);
    },
  };
}

/** A log whose settings may change while it is written. */
export interface ConfigurableLog extends OpenLogger {
  /** The next line is written with these settings, and where they say. Ends what its levels were set to. */
  configure(log: Config['log']): void;
}

function openLogger({ log }: Pick<Config, 'log'>, io: Io, stream: Writable): OpenLogger {
  const journald = stream === io.stderr && writesToJournal(io);
  const journal = journald ? openDatagramSocket() : undefined;
  const format = io.logFormat ?? log.format;
  return createLogger({ ...log, format, stream, clock: io.clock, journald, journal });
}

/** That of the present logger, for those who keep it. */
function controlOf(now: () => LogControl, counts: () => LineCounts): LogControl {
  return {
    levels: {
      wants: (level, fields) => now().levels.wants(level, fields),
      get debugEnabled() {
        return now().levels.debugEnabled;
      },
      set: (name, level) => now().levels.set(name, level),
      read: () => now().levels.read(),
    },
    lastLines: () => now().lastLines(),
    counts,
  };
}

type LineCounts = ReturnType<LogControl['counts']>;

function sumOf(a: LineCounts, b: LineCounts): LineCounts {
  return {
    error: a.error + b.error,
    warn: a.warn + b.warn,
    info: a.info + b.info,
    debug: a.debug + b.debug,
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
