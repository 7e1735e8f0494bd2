import { escapeUnprintable } from '../printable.js';
import type { Stream } from './io.js';

/**
 * Where results go, line by line. All that is printed passes here or through `noteLine`, and leaves with its control
 * characters escaped: whatever a file is called, it neither begins a line nor commands a terminal.
 */
export interface Output {
  /** Writes one line, with control characters escaped. Does nothing once the reader has gone. */
  line(text: string): void;
  /** Writes a text of several lines. The text must not contain names, which could contain line breaks. */
  lines(text: string): void;
  json(value: unknown): void;
  /** Aborted when the reader went away (`| head`), so that an endless listing can end. */
  readonly closed: AbortSignal;
  /** Resolves when all is written. Rejects when it could not be (disk full), but not because the reader went away. */
  finish(): Promise<void>;
}

export function openOutput(stream: Stream): Output {
  const closed = new AbortController();
  let failure: Error | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE')
      failure ??= new Error(`cannot write the output: ${error.message}`, { cause: error });
    closed.abort(error);
  });
  const line = (text: string): void => {
    if (!closed.signal.aborted) stream.write(`${escapeUnprintable(text)}\n`);
  };
  return {
    line,
    lines: (text) => text.split('\n').forEach(line),
    json: (value) => line(JSON.stringify(value)),
    closed: closed.signal,
    async finish() {
      if (!closed.signal.aborted) {
        // An empty write calls back after all that was written before, and its error is an event of the same turn.
        await new Promise<void>((resolve) => stream.write('', () => setImmediate(resolve)));
      }
      if (failure !== undefined) throw failure;
    },
  };
}

/** One line on stderr that is no log line: a warning, or what went wrong with one object. */
export function noteLine(stderr: Stream, text: string): void {
  stderr.write(`${escapeUnprintable(text)}\n`);
}
