import type { Writable } from 'node:stream';
import type { Clock } from '../clock.js';
import type { DatagramSocket } from '../unix-datagram.js';
import { journalEntry } from './journal-entry.js';
import { createJournalStream } from './journal-stream.js';
import type { Entry } from './line.js';
import { createOutput, formatOf, type Output, renderForJournal, renderLine } from './output.js';
import { createRotatingFile, FAILED, type RotatingFileSettings } from './rotating-file.js';

/** Where a log goes to, and how it looks there. */
export interface LogTargets {
  /** `text`: `time level event key=value …`; `json`: one object a line. */
  readonly format: 'text' | 'json';
  readonly stream: Writable;
  readonly clock: Clock;
  /** The journal reads the stream: lines begin with their syslog priority, `<4>`, and carry no time of their own. */
  readonly journald?: boolean;
  /** By which entries with fields go to the journal, instead of lines to `stream`. Closed with the log. */
  readonly journal?: DatagramSocket | undefined;
  /** Gets all lines, too. */
  readonly file?: RotatingFileSettings | undefined;
}

/** Opens them. `onFileFailed` is called once for each time at which the file stops being writable. */
export function openOutputs(
  { format: named, stream, clock, journald = false, journal, file }: LogTargets,
  onFileFailed: (path: string, error: unknown) => void,
): readonly Output[] {
  const format = formatOf(named);
  const lost = (count: number, why: string): Entry => ({
    level: 'warn',
    event: 'log lines dropped',
    fields: { count, why },
    timeMs: clock.now(),
  });
  const asEntry = (entry: Entry) => journalEntry(entry, format({ ...entry, timeMs: undefined }));

  function openJournal(socket: NonNullable<typeof journal>): Output {
    const entries = createJournalStream({ socket, clock, lost: (...of) => asEntry(lost(...of)) });
    return createOutput({ stream: entries, format, render: asEntry, clock, isOwn: true });
  }

  function openFile(settings: NonNullable<typeof file>): Output {
    const lines = createRotatingFile(settings, (...of) => `${format(lost(...of))}\n`);
    lines.on(FAILED, (error) => onFileFailed(settings.path, error));
    return createOutput({ stream: lines, format, render: renderLine, clock, isOwn: true });
  }

  const render = journald ? renderForJournal(format) : renderLine;
  return [
    journal === undefined ? createOutput({ stream, format, render, clock }) : openJournal(journal),
    ...(file === undefined ? [] : [openFile(file)]),
  ];
}
