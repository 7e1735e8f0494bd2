import type { Clock } from '../../clock.js';
import type { ByteRange } from '../../drivers/call.js';
import { ObjectIncompleteError, StorageError } from '../../drivers/errors.js';
import { orAborted, untilAborted } from '../../signal.js';

export type Read = (range: ByteRange | undefined) => Promise<AsyncIterable<Uint8Array>>;

/** Failures in a row, with no byte between them, after which a reading fails. */
const MOST_FAILURES = 5;
const FIRST_PAUSE_MS = 500;

/**
 * All bytes of a content. A connection that breaks off, also before the first byte, is followed by another reading from there
 * on, which the digest of the whole then proves to be of the same content; so only a content that is proven may be read like this.
 * Ends early where a reading does. Rejects as the first `read` does: the layers of a backend have tried that again.
 */
export async function* steadyRead(
  read: Read,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const pauses = pausesOf(clock, signal);
  let received = 0;
  let isAnswered = false;
  while (true) {
    try {
      const source = await read(received === 0 ? undefined : { start: received });
      isAnswered = true;
      for await (const chunk of untilAborted(source, signal)) {
        received += chunk.byteLength;
        pauses.reset();
        yield chunk;
      }
      return;
    } catch (error) {
      await pauses.after(error, isAnswered);
    }
  }
}

/** As steadyRead, of the bytes from `start` on that fill `memory`. Returns how many came; those that do not fit are dropped. */
export async function steadyReadInto(
  read: Read,
  start: number,
  memory: Uint8Array,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<number> {
  const pauses = pausesOf(clock, signal);
  const bytes = Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength);
  const end = start + bytes.byteLength;
  let received = 0;
  let isAnswered = false;

  /** Once the signal is aborted the memory may be another reader's. */
  async function readRest(): Promise<void> {
    const source = await read({ start: start + received, end });
    isAnswered = true;
    for await (const chunk of source) {
      signal.throwIfAborted();
      const before = received;
      received += chunk.byteLength;
      // `set` goes byte by byte where threads share the memory, and takes ten times as long.
      if (received <= bytes.byteLength) bytes.fill(chunk, before, received);
      pauses.reset();
    }
  }

  while (true) {
    try {
      await orAborted(readRest(), signal);
      return received;
    } catch (error) {
      await pauses.after(error, isAnswered);
    }
  }
}

/** The waits between the readings of one content. */
function pausesOf(clock: Pick<Clock, 'sleep'>, signal: AbortSignal) {
  let failures = 0;
  return {
    reset() {
      failures = 0;
    },
    /** Resolves when another reading may go on. Rejects with the error where none may, as when the first has not been answered. */
    async after(error: unknown, isAnswered: boolean): Promise<void> {
      signal.throwIfAborted();
      if (error instanceof ObjectIncompleteError) throw error; // the same is missing from there on
      if (!isAnswered || !(error instanceof StorageError) || error.retry === 'never') throw error;
      failures += 1;
      if (failures >= MOST_FAILURES) throw error;
      const pause = FIRST_PAUSE_MS * 2 ** (failures - 1);
      await clock.sleep(
        typeof error.retry === 'object' ? Math.max(pause, error.retry.afterMs) : pause,
        signal,
      );
    },
  };
}
