import { Writable } from 'node:stream';
import winston from 'winston';
import type { Clock } from './clock.js';
import { gateOf } from './log/gate.js';
import { createLevels, type LogLevels } from './log/levels.js';
import { type Entry, type Fields, jsonLine, type Level, textLine } from './log/line.js';

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
  /** The last KEPT_LINES lines, oldest first, as they were written. */
  lastLines(): readonly string[];
}

export const KEPT_LINES = 200;

export interface LogOptions {
  readonly level: Level;
  /** `text`: `time level event key=value …`; `json`: one object a line. */
  readonly format: 'text' | 'json';
  readonly stream: Writable;
  readonly clock: Clock;
  /** The journal reads the stream: lines begin with their syslog priority, `<4>`, and carry no time of their own. */
  readonly journald?: boolean;
}

/** The syslog priorities of sd-daemon(3), which are also winston's order of severity. */
const PRIORITY: Readonly<Record<Level, number>> = { error: 3, warn: 4, info: 6, debug: 7 };

/** Where winston looks for the finished line (its package triple-beam). */
const MESSAGE = Symbol.for('message');

/**
 * A logger whose memory is bounded: while the stream is slow, lines of level info and below are dropped first, warnings
 * and errors later, and the next line that gets through is preceded by the number of those that did not. A stream that
 * fails never fails the program.
 */
export function createLogger({
  level,
  format,
  stream,
  clock,
  journald = false,
}: LogOptions): OpenLogger {
  const gate = gateOf(stream);
  const line = format === 'json' ? jsonLine : textLine;
  const levels = createLevels(level);
  const last: string[] = [];
  const backend = winston.createLogger({
    level: 'debug', // what is wanted was asked before
    levels: PRIORITY,
    format: {
      transform(info) {
        const entry = info['entry'] as Entry;
        return Object.assign(info, {
          [MESSAGE]: journald ? `<${PRIORITY[entry.level]}>${line(entry)}` : line(entry),
        });
      },
    },
  });
  // Not winston's own Stream transport: it keeps each line until the next turn of the event loop, 300 MB of them in a burst.
  const lines = new Writable({
    objectMode: true,
    write(info: { readonly [MESSAGE]: string }, _encoding, done) {
      if (last.push(info[MESSAGE]) > KEPT_LINES) last.shift();
      stream.write(`${info[MESSAGE]}\n`);
      done();
    },
  });
  backend.pipe(lines);
  let closed = false;

  function write(level: Level, event: string, fields: Fields = {}): void {
    if (closed || !levels.wants(level, fields) || !gate.takes(PRIORITY[level] <= PRIORITY.warn))
      return;
    reportRefused();
    pass(level, event, fields);
  }

  function reportRefused(): void {
    const count = gate.refused();
    if (count > 0) pass('warn', 'log lines dropped', { count, why: 'the log stream is too slow' });
  }

  function pass(level: Level, event: string, fields: Fields): void {
    const entry: Entry = { level, event, fields, timeMs: journald ? undefined : clock.now() };
    backend.write({ level, entry });
  }

  return {
    error: (event, fields) => write('error', event, fields),
    warn: (event, fields) => write('warn', event, fields),
    info: (event, fields) => write('info', event, fields),
    debug: (event, fields) => write('debug', event, fields),
    get debugEnabled() {
      return levels.debugEnabled;
    },
    control: { levels, lastLines: () => [...last] },
    async close() {
      if (closed) return;
      closed = true;
      await gate.flush();
      reportRefused();
      await gate.flush();
      gate.release();
      backend.close();
    },
  };
}

/** Writes nothing; for the library's users and for tests. */
export const silentLogger: OpenLogger = {
  error: () => {},
  warn: () => {},
  info: () => {},
  debug: () => {},
  debugEnabled: false,
  control: { levels: createLevels('error'), lastLines: () => [] },
  close: async () => {},
};
