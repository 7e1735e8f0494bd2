import { Writable } from 'node:stream';
import type { Clock } from '../clock.js';
import type { DatagramSocket } from '../unix-datagram.js';

/** Of systemd-journald, which reads one entry from each datagram. */
export const JOURNAL_SOCKET = '/run/systemd/journal/socket';

export interface JournalStreamOptions {
  readonly socket: DatagramSocket;
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  /** The entry that says how many were lost, and why. */
  readonly lost: (count: number, why: string) => Buffer;
  readonly address?: string;
}

/** Milliseconds until the next try while the journal takes nothing; doubled each time. */
const FIRST_RETRY_MS = 1;
const LAST_RETRY_MS = 100;
/** Milliseconds of failures after which each further entry is tried once: a stuck journal keeps no daemon from ending. */
const PATIENCE_MS = 10_000;
/** The journal is behind, or is started again. */
const PASSING: ReadonlySet<string> = new Set(['EAGAIN', 'ENOBUFS', 'ECONNREFUSED', 'ENOENT']);

/**
 * Sends each chunk as one entry. The kernel takes it at once, so that it is the journal's even when this process is killed
 * right afterwards; while the journal is behind, chunks wait here. Those that it never takes are counted, and the next that it
 * takes is preceded by their number.
 */
export function createJournalStream({
  socket,
  clock,
  lost,
  address = JOURNAL_SOCKET,
}: JournalStreamOptions): Writable {
  let failingSinceMs: number | undefined;
  const missing = { count: 0, why: '' };

  /** Undefined: it is sent; else the code of the error. */
  function send(entry: Buffer): string | undefined {
    const code = reportMissing() ?? socket.send(entry, address);
    failingSinceMs = code === undefined ? undefined : (failingSinceMs ?? clock.monotonic());
    return code;
  }

  function reportMissing(): string | undefined {
    if (missing.count === 0) return undefined;
    const code = socket.send(lost(missing.count, missing.why), address);
    if (code === undefined) missing.count = 0;
    return code;
  }

  async function sendLater(entry: Buffer, failed: string): Promise<void> {
    let code: string | undefined = failed;
    for (let waitMs = FIRST_RETRY_MS; isWorthATry(code); waitMs *= 2) {
      await clock.sleep(Math.min(waitMs, LAST_RETRY_MS));
      code = send(entry);
      if (code === undefined) return;
    }
    missing.count += 1;
    missing.why = `the journal takes no entry (${code})`;
  }

  function isWorthATry(code: string): boolean {
    return PASSING.has(code) && clock.monotonic() - (failingSinceMs ?? 0) < PATIENCE_MS;
  }

  return new Writable({
    write(entry: Buffer, _encoding, done) {
      const failed = entry.length === 0 ? undefined : send(entry);
      if (failed === undefined) done();
      else void sendLater(entry, failed).then(() => done());
    },
    destroy(error, done) {
      socket.close();
      done(error);
    },
  });
}
