import type { Clock } from '../../clock.js';
import type { ByteRange } from '../../drivers/call.js';
import { ObjectIncompleteError, StorageError } from '../../drivers/errors.js';
import { untilAborted } from '../../signal.js';

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
  let received = 0;
  let failures = 0;
  let isAnswered = false;
  while (true) {
    try {
      const source = await read(received === 0 ? undefined : { start: received });
      isAnswered = true;
      for await (const chunk of untilAborted(source, signal)) {
        received += chunk.byteLength;
        failures = 0;
        yield chunk;
      }
      return;
    } catch (error) {
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
    }
  }
}
