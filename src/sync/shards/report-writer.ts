import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Clock } from '../../clock.js';
import {
  FULL_BYTES,
  FULL_LINES,
  lineText,
  type ReportHeader,
  type ReportLine,
  reportText,
} from './report-format.js';

/** Makes reports of what a shard has read, and delivers each once that is whole. */
export interface ReportWriter {
  add(line: ReportLine): void;
  /** Delivers the last one. Rejects with the first error of `deliver`. */
  finish(): Promise<void>;
}

export interface ReportWriterOptions {
  readonly header: ReportHeader;
  /** Takes one report, compressed. They come one after the other. */
  readonly deliver: (compressed: Buffer) => Promise<void>;
  /** Whether there is a report, without lines, also where nothing was read. */
  readonly evenEmpty: boolean;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** So that a shard that is killed has lost no more of its reading. */
const LONGEST_MS = 900_000;

const compress = promisify(gzip);

export function openReportWriter({
  header,
  deliver,
  evenEmpty,
  clock,
}: ReportWriterOptions): ReportWriter {
  let isEmpty = evenEmpty;
  let lines: string[] = [];
  let bytes = 0;
  let sinceMs = clock.monotonic();
  let delivered: Promise<void> = Promise.resolve();

  function end(): void {
    if (lines.length === 0 && !isEmpty) return;
    isEmpty = false;
    const text = reportText(header, lines);
    lines = [];
    bytes = 0;
    delivered = delivered.then(async () => deliver(await compress(text)));
    delivered.catch(() => {}); // `finish` says it
  }

  return {
    add(line) {
      if (lines.length === 0) sinceMs = clock.monotonic();
      const text = lineText(line);
      lines.push(text);
      bytes += Buffer.byteLength(text);
      const isOld = clock.monotonic() - sinceMs >= LONGEST_MS;
      if (isOld || bytes >= FULL_BYTES || lines.length >= FULL_LINES) end();
    },
    async finish() {
      end();
      await delivered;
    },
  };
}
