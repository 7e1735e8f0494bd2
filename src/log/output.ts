import type { Writable } from 'node:stream';
import type { Clock } from '../clock.js';
import { gateOf } from './gate.js';
import { type Entry, type Fields, jsonLine, type Level, PRIORITY, textLine } from './line.js';

/** One of the places that a log is written to. */
export interface Output {
  /** Whether a line may be written now; one that may not is counted. Ask before the line is built. */
  takes(urgent: boolean): boolean;
  /** `line`: the entry in the log's format, with its time. */
  write(entry: Entry, line: string): void;
  /** Resolves when every line has left for the stream. */
  close(): Promise<void>;
}

export interface OutputOptions {
  readonly stream: Writable;
  readonly format: (entry: Entry) => string;
  /** What the stream gets of an entry, given as the entry and as a line in the log's format, with its time. */
  readonly render: (entry: Entry, line: string) => string | Uint8Array;
  readonly clock: Pick<Clock, 'now'>;
  /** The stream was opened for the log, and ends with it. */
  readonly isOwn?: boolean;
}

/**
 * An output whose memory is bounded: while the stream is slow, lines of level info and below are dropped first, warnings
 * and errors later, and the next line that gets through is preceded by the number of those that did not. A stream that
 * fails never fails the program.
 */
export function createOutput({
  stream,
  format,
  render,
  clock,
  isOwn = false,
}: OutputOptions): Output {
  const gate = gateOf(stream);

  function reportRefused(): void {
    const count = gate.refused();
    if (count > 0) pass('warn', 'log lines dropped', { count, why: 'the log stream is too slow' });
  }

  function pass(level: Level, event: string, fields: Fields): void {
    const entry: Entry = { level, event, fields, timeMs: clock.now() };
    stream.write(render(entry, format(entry)));
  }

  return {
    takes: gate.takes,
    write(entry, line) {
      reportRefused();
      stream.write(render(entry, line));
    },
    async close() {
      await gate.flush();
      reportRefused();
      await gate.flush();
      gate.release();
      if (isOwn) await new Promise<void>((resolve) => stream.end(() => resolve()));
    },
  };
}

export const formatOf = (format: 'text' | 'json'): ((entry: Entry) => string) =>
  format === 'json' ? jsonLine : textLine;

/** For a terminal, a pipe or a file. */
export const renderLine = (_: Entry, line: string): string => `${line}\n`;

/** For the journal, which stamps lines itself and reads their syslog priority at the beginning, `<4>`: sd-daemon(3). */
export const renderForJournal =
  (format: (entry: Entry) => string) =>
  (entry: Entry): string =>
    `<${PRIORITY[entry.level]}>${format({ ...entry, timeMs: undefined })}\n`;
