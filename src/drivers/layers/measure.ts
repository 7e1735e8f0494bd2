import type { Clock } from '../../clock.js';
import type { Backend } from '../backend.js';
import { type Invocation, intercept, type Operation, sentBytes } from './intercept.js';

/** One attempt of a call, when it has ended. */
export interface Measurement {
  readonly operation: Operation;
  readonly ms: number;
  /** Bytes of content sent or received; undefined where there are none or their number is not known. */
  readonly bytes: number | undefined;
  /** Why it failed; undefined: it did not. */
  readonly error: unknown;
}

/** Reports each attempt. A read is reported when its stream has ended, has failed or was left. */
export function measure(
  inner: Backend,
  clock: Pick<Clock, 'monotonic'>,
  report: (measurement: Measurement) => void,
): Backend {
  return intercept(inner, async <T>(invocation: Invocation, run: () => Promise<T>): Promise<T> => {
    const { operation } = invocation;
    const startedAt = clock.monotonic();
    const ended = (bytes: number | undefined, error?: unknown) =>
      report({ operation, ms: clock.monotonic() - startedAt, bytes, error });
    let result: T;
    try {
      result = await run();
    } catch (error) {
      ended(undefined, error);
      throw error;
    }
    if (operation === 'readObject' || operation === 'readVersion')
      return counted(result as AsyncIterable<Uint8Array>, ended) as T;
    ended(sentBytes(invocation));
    return result;
  });
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  ended: (bytes: number, error?: unknown) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  let failure: unknown;
  try {
    for await (const chunk of source) {
      bytes += chunk.byteLength;
      yield chunk;
    }
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    ended(bytes, failure);
  }
}
