import { Writable } from 'node:stream';
import type { Clock } from '../clock.js';
import type { Progress, SyncObserver } from '../sync/events.js';
import type { Io, Stream } from './io.js';
import { type ProgressWords, progressLine, type Sample, sum, withSample } from './progress-text.js';

/** A line at the bottom of a terminal that shows the progress. */
export interface ProgressDisplay {
  readonly observe: SyncObserver;
  /** For all else that goes to the same terminal: what is written here stands above the line. */
  readonly above: Writable;
  /** Removes the line until it is drawn again, so that another stream can write to the same terminal. */
  hide(): void;
  /** Removes the line. */
  close(): void;
}

const EVERY_MS = 200;
const ERASE_LINE = '\r\x1b[K';

/** Whether a stream is a terminal that can move its cursor. */
export function canShowProgress(stream: Stream, env: Io['env']): boolean {
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

/** `words`: default, those of mirrors. */
export function openProgress(stream: Stream, clock: Clock, words?: ProgressWords): ProgressDisplay {
  const latest = new Map<string, Progress>();
  let samples: readonly Sample[] = [];
  let shown = '';
  let closed = false;
  let cancel = clock.after(EVERY_MS, draw);

  function draw(): void {
    if (latest.size > 0) {
      samples = withSample(samples, { atMs: clock.monotonic(), progress: sum(latest.values()) });
      const [only] = latest.keys();
      const label = latest.size === 1 && only !== undefined ? only : `${latest.size} mirrors`;
      // A terminal of unknown size reports 0 columns.
      const line = progressLine(label, samples, stream.columns || 80, words);
      if (line !== shown) stream.write(ERASE_LINE + line);
      shown = line;
    }
    if (!closed) cancel = clock.after(EVERY_MS, draw);
  }

  function erase(): void {
    if (shown !== '') stream.write(ERASE_LINE);
    shown = '';
  }

  return {
    hide: erase,
    observe(event) {
      if (event.event === 'progress') latest.set(event.mirror, event.progress);
    },
    above: new Writable({
      write(chunk: Uint8Array, _, done) {
        erase();
        stream.write(chunk, () => done());
      },
    }),
    close() {
      closed = true;
      cancel();
      erase();
    },
  };
}
