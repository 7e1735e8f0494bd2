import type { Clock } from '../../clock.js';
import { type Invocation, type Layer, type Next, sentBytes } from './layer.js';
import { isReading, type Operation } from './operations.js';

/** One attempt of a call, when it has ended. */
export interface Measurement {
  readonly operation: Operation;
  readonly ms: number;
  /** Bytes of content sent or received; undefined where there are none or their number is not known. */
  readonly bytes: number | undefined;
  /** Why it failed; undefined: it did not. */
  readonly error: unknown;
}

/**
 * Reports each attempt. A read is reported when its stream has ended, has failed or was left. A call that begins while
 * `wanted` returns false is not measured.
 */
export function measure(
  clock: Pick<Clock, 'monotonic'>,
  report: (measurement: Measurement) => void,
  wanted: () => boolean = () => true,
): Layer {
  async function measured(invocation: Invocation, next: Next): Promise<unknown> {
    const { operation } = invocation;
    const startedAt = clock.monotonic();
    const ended = (bytes: number | undefined, error?: unknown) =>
      report({ operation, ms: clock.monotonic() - startedAt, bytes, error });
    let result: unknown;
    try {
      result = await next(invocation);
    } catch (error) {
      ended(undefined, error);
      throw error;
    }
    if (isReading(operation)) return counted(result as AsyncIterable<Uint8Array>, ended);
    ended(sentBytes(invocation));
    return result;
  }

  return {
    name: 'measure',
    around: (invocation, next) => (wanted() ? measured(invocation, next) : next(invocation)),
    quick: {
      enter(request) {
        request.sentAtMs = clock.monotonic();
        return undefined;
      },
      leave({ operation, bytes, sentAtMs }, error) {
        if (!wanted()) return;
        const ms = clock.monotonic() - sentAtMs;
        report({ operation, ms, bytes: error === undefined ? bytes : undefined, error });
      },
    },
  };
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
