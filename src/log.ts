import { Writable } from 'node:stream';
import winston from 'winston';
import { createFlood, FLOOD_WINDOW_MS, type SkippedLines } from './log/flood.js';
import { createLevels, type LogLevels } from './log/levels.js';
import { type Entry, type Fields, type Level, PRIORITY } from './log/line.js';
import { formatOf, type Output } from './log/output.js';
import { type LogTargets, openOutputs } from './log/outputs.js';

export type { Fields, Level, LogLevels };

/** One line an event. `event` is a short fixed phrase; what varies goes into `fields`. */
export interface Logger {
  error(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  info(event: string, fields?: Fields): void;
  debug(event: string, fields?: Fields): void;
  /** Ask before building costly fields for a line that would not be written. */
  readonly debugEnabled: boolean;
}

export interface OpenLogger extends Logger {
  readonly control: LogControl;
  /** Resolves when every line has left for the stream, which stays open. Lines after this are dropped. */
  close(): Promise<void>;
}

/** The log of a running program: how much it says, and what it said last. */
export interface LogControl {
  readonly levels: LogLevels;
  /** The last KEPT_LINES lines, oldest first, each with its time. */
  lastLines(): readonly string[];
  /** Lines that were wanted, by level, those that were skipped or dropped included. */
  counts(): Readonly<Record<Level, number>>;
}

export const KEPT_LINES = 200;

export interface LogOptions extends LogTargets {
  readonly level: Level;
  /** Lines of one text about one mirror or target that are written in a minute; the others are counted. Undefined: all. */
  readonly repeats?: number | undefined;
}

/** Where winston looks for the finished line (its package triple-beam). */
const MESSAGE = Symbol.for('message');

/** What winston carries from the call to the outputs. */
interface Carried {
  readonly [MESSAGE]: string;
  readonly entry: Entry;
  readonly takers: readonly Output[];
}

export function createLogger(options: LogOptions): OpenLogger {
  const { level, clock, repeats } = options;
  const outputs = openOutputs(options, (path, error) =>
    pass('error', 'log file cannot be written', { path, error }),
  );
  const levels = createLevels(level);
  const counts: Record<Level, number> = { error: 0, warn: 0, info: 0, debug: 0 };
  const flood =
    repeats === undefined
      ? undefined
      : createFlood({ most: repeats, clock, report: reportSkipped });
  const { backend, lastLines } = openBackend(formatOf(options.format));
  let closed = false;

  function write(level: Level, event: string, fields: Fields = {}): void {
    if (closed || !levels.wants(level, fields)) return;
    counts[level] += 1;
    if (flood?.passes(level, event, fields) === false) return;
    pass(level, event, fields);
  }

  function pass(level: Level, event: string, fields: Fields): void {
    const urgent = PRIORITY[level] <= PRIORITY.warn;
    const takers = outputs.filter((output) => output.takes(urgent));
    if (takers.length === 0) return;
    const entry: Entry = { level, event, fields, timeMs: clock.now() };
    backend.write({ level, entry, takers });
  }

  function reportSkipped({ event, mirror, target, count }: SkippedLines): void {
    const seconds = FLOOD_WINDOW_MS / 1000;
    pass('warn', 'equal log lines skipped', { mirror, target, line: event, count, seconds });
  }

  return {
    error: (event, fields) => write('error', event, fields),
    warn: (event, fields) => write('warn', event, fields),
    info: (event, fields) => write('info', event, fields),
    debug: (event, fields) => write('debug', event, fields),
    get debugEnabled() {
      return levels.debugEnabled;
    },
    control: { levels, lastLines, counts: () => ({ ...counts }) },
    async close() {
      if (closed) return;
      closed = true;
      flood?.close();
      await Promise.all(outputs.map((output) => output.close()));
      backend.close();
    },
  };
}

/** winston, which formats each entry once and hands it to the outputs that take it. */
function openBackend(format: (entry: Entry) => string) {
  const last: string[] = [];
  const backend = winston.createLogger({
    level: 'debug', // what is wanted was asked before
    levels: PRIORITY,
    format: {
      transform: (info) => Object.assign(info, { [MESSAGE]: format(info['entry'] as Entry) }),
    },
  });
  // Not winston's own Stream transport: it keeps each line until the next turn of the event loop, 300 MB of them in a burst.
  const lines = new Writable({
    objectMode: true,
    write({ [MESSAGE]: line, entry, takers }: Carried, _encoding, done) {
      if (last.push(line) > KEPT_LINES) last.shift();
      for (const output of takers) output.write(entry, line);
      done();
    },
  });
  backend.pipe(lines);
  return { backend, lastLines: () => [...last] };
}

/** Writes nothing; for the library's users and for tests. */
export const silentLogger: OpenLogger = {
  error: () => {},
  warn: () => {},
  info: () => {},
  debug: () => {},
  debugEnabled: false,
  control: {
    levels: createLevels('error'),
    lastLines: () => [],
    counts: () => ({ error: 0, warn: 0, info: 0, debug: 0 }),
  },
  close: async () => {},
};
