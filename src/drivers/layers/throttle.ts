import type { Clock } from '../../clock.js';
import type { Backend } from '../backend.js';
import type { Body } from '../call.js';
import { changeBodies } from './bodies.js';
import { type Bucket, openBucket } from './bucket.js';
import { type Invocation, intercept, sentBytes } from './intercept.js';

export interface ThrottleSettings {
  readonly clock: Clock;
  /** Content that may be sent and received each second, taken together; called for each decision. Infinity or undefined: no limit. */
  readonly bytesPerSecond?: (() => number) | undefined;
  /** Calls that may begin each second, likewise. */
  readonly callsPerSecond?: (() => number) | undefined;
  /** Called whenever a piece has passed: a target that this limit slows down is not stalled. */
  readonly passed?: () => void;
}

/** Content passes in pieces, so that each of many transfers at once gets one in a second: servers close silent connections. */
const PIECES_A_SECOND = 64;
const SMALLEST_PIECE = 1024;
const LARGEST_PIECE = 64 * 1024;

/** One limit for all users of these backends, which share one line. */
export function createThrottle({
  clock,
  bytesPerSecond,
  callsPerSecond,
  passed = () => {},
}: ThrottleSettings): Layer {
  const paceBodies =
    bytesPerSecond && paceOfBodies(openBucket(clock, bytesPerSecond), bytesPerSecond, passed);
  const calls = callsPerSecond && openBucket(clock, callsPerSecond);
  return (inner) => {
    const paced = paceBodies ? paceBodies(inner) : inner;
    if (calls === undefined) return paced;
    return intercept(paced, async ({ call }, run) => {
      await calls.take(1, call.signal);
      passed();
      return run();
    });
  };
}

type Layer = (inner: Backend) => Backend;

function paceOfBodies(bucket: Bucket, bytesPerSecond: () => number, passed: () => void): Layer {
  async function take(amount: number, signal: AbortSignal): Promise<void> {
    await bucket.take(amount, signal);
    passed();
  }

  /** Content that goes in one call can only be paid for before it. */
  async function takePieces(bytes: number, signal: AbortSignal): Promise<void> {
    for (let left = bytes; left > 0; ) {
      const piece = Math.min(left, pieceSize(bytesPerSecond()));
      await take(piece, signal);
      left -= piece;
    }
  }

  async function* slowly(
    source: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.byteLength; ) {
        const piece = chunk.subarray(at, at + pieceSize(bytesPerSecond()));
        await take(piece.byteLength, signal);
        yield piece;
        at += piece.byteLength;
      }
    }
  }

  /** Undefined, so that the body is read by `open` and `slice` only: other reads would not be counted. */
  function slowed({ size, replayable, checksums, slice, open }: Body, signal: AbortSignal): Body {
    return {
      size,
      replayable,
      ...(checksums && { checksums }),
      ...(slice && { slice: (start: number, end: number) => slowed(slice(start, end), signal) }),
      open: () => slowly(open(), signal),
    };
  }

  return (inner) => {
    const sending = changeBodies(inner, async (body, { signal }) => {
      if (body.bytes === undefined || body.bytes.byteLength > pieceSize(bytesPerSecond()))
        return slowed(body, signal);
      await take(body.bytes.byteLength, signal);
      return body;
    });
    return intercept(
      sending,
      async <T>(invocation: Invocation, run: () => Promise<T>): Promise<T> => {
        const { operation, call } = invocation;
        if (operation === 'putObjects') await takePieces(sentBytes(invocation) ?? 0, call.signal);
        const result = await run();
        if (operation !== 'readObject' && operation !== 'readVersion') return result;
        return slowly(result as AsyncIterable<Uint8Array>, call.signal) as T;
      },
    );
  };
}

function pieceSize(perSecond: number): number {
  return Math.min(LARGEST_PIECE, Math.max(SMALLEST_PIECE, Math.floor(perSecond / PIECES_A_SECOND)));
}
