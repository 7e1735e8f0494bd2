import type { Clock } from '../../clock.js';
import type { OnPart } from '../../drivers/resumed-upload.js';

/** How far a transfer in parts is; plain JSON. */
export interface TransferFigures {
  /** Bytes that the provider has. */
  readonly sent: number;
  readonly parts: readonly [sent: number, all: number];
  /** Null: no part has arrived yet. */
  readonly bytesPerSecond: number | null;
}

export interface TransferMeter {
  readonly add: OnPart;
  figures(): TransferFigures;
}

/** The rate is that of the last ten seconds, or of the last parts where these took longer. */
const WINDOW_MS = 10_000;
const LEAST_PARTS = 4;

interface Mark {
  readonly atMs: number;
  /** Bytes that were sent by then. */
  readonly bytes: number;
}

export function createTransferMeter(
  size: number,
  partSize: number,
  clock: Pick<Clock, 'monotonic'>,
): TransferMeter {
  let marks: readonly Mark[] = [{ atMs: clock.monotonic(), bytes: 0 }];
  let sent = 0;
  let parts = 0;

  return {
    add(bytes, before) {
      sent += bytes;
      parts += 1;
      if (before) return;
      const atMs = clock.monotonic();
      const kept = marks.filter(
        (mark, at) => atMs - mark.atMs <= WINDOW_MS || at >= marks.length - LEAST_PARTS,
      );
      marks = [...kept, { atMs, bytes: (marks.at(-1)?.bytes ?? 0) + bytes }];
    },
    figures() {
      const [first, last] = [marks[0], marks.at(-1)];
      const bytes = (last?.bytes ?? 0) - (first?.bytes ?? 0);
      const seconds = (clock.monotonic() - (first?.atMs ?? 0)) / 1_000;
      return {
        sent,
        parts: [parts, Math.max(parts, Math.ceil(size / partSize))],
        bytesPerSecond: bytes === 0 || seconds <= 0 ? null : Math.round(bytes / seconds),
      };
    },
  };
}
