import type { Clock } from '../../clock.js';
import type { Body } from '../call.js';
import { type Bucket, openBucket } from './bucket.js';
import { type Invocation, type Layer, sentBytes, withBody } from './layer.js';
import { isReading } from './operations.js';
import { waitForTurn } from './turn.js';

export interface ThrottleSettings {
  readonly clock: Clock;
  /** Content that may be sent and received each second, taken together; called for each decision. Infinity or undefined: no limit. */
  readonly bytesPerSecond?: (() => number) | undefined;
  /** Calls that may begin each second, likewise. */
  readonly callsPerSecond?: (() => number) | undefined;
  /** Opens the bucket of the content or of the calls. Default: one of this process alone. */
  readonly open?: ((kind: 'bytes' | 'calls', perSecond: () => number) => Bucket) | undefined;
  /** Called after each wait of a call or of a piece of content, with its milliseconds. */
  readonly onWait?: (ms: number) => void;
}

/** Content passes in pieces, so that each of many transfers at once gets one in a second: servers close silent connections. */
const PIECES_A_SECOND = 64;
const SMALLEST_PIECE = 1024;
const LARGEST_PIECE = 64 * 1024;

/** One limit for all users of the backends that have this layer: they share one line. */
export function throttle({
  clock,
  bytesPerSecond,
  callsPerSecond,
  open = (_, perSecond) => openBucket(clock, perSecond),
  onWait = () => {},
}: ThrottleSettings): Layer {
  const wait: Wait = async (bucket, amount, signal) => {
    const startedAt = clock.monotonic();
    await bucket.take(amount, signal);
    onWait(clock.monotonic() - startedAt);
  };
  const calls = callsPerSecond && open('calls', callsPerSecond);
  const pace = bytesPerSecond && paceOf(open('bytes', bytesPerSecond), bytesPerSecond, wait);
  return {
    name: 'throttle',
    concerns: () => calls !== undefined || pace !== undefined,
    quick: {
      enter(request) {
        const { bytes } = request;
        if (calls !== undefined && !calls.tryTake(1))
          return waitForTurn(request, (signal) => wait(calls, 1, signal)).then(() =>
            pace?.takeBefore(bytes, request),
          );
        return pace?.takeBefore(bytes, request);
      },
    },
    async around(invocation, next) {
      const { operation, call } = invocation;
      call.signal.throwIfAborted();
      if (calls !== undefined && !calls.tryTake(1))
        await waitForTurn(invocation, (signal) => wait(calls, 1, signal));
      if (pace === undefined) return next(invocation);
      const result = await next(await pace.send(invocation));
      return isReading(operation)
        ? pace.slowly(result as AsyncIterable<Uint8Array>, call.signal)
        : result;
    },
  };
}

type Turn = Pick<Invocation, 'call' | 'drain'>;
type Wait = (bucket: Bucket, amount: number, signal: AbortSignal) => Promise<void>;

/** Holds content to a number of bytes each second. */
function paceOf(bucket: Bucket, bytesPerSecond: () => number, wait: Wait) {
  async function* slowly(
    source: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.byteLength; ) {
        const piece = chunk.subarray(at, at + pieceSize(bytesPerSecond()));
        if (!bucket.tryTake(piece.byteLength)) await wait(bucket, piece.byteLength, signal);
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

  /** Of content that goes in one piece all bytes are taken before the call begins. Undefined: they were. */
  function takeBefore(bytes: number, turn: Turn): Promise<void> | undefined {
    for (let left = bytes; left > 0; ) {
      const piece = Math.min(left, pieceSize(bytesPerSecond()));
      const rest = left - piece;
      if (!bucket.tryTake(piece))
        return waitForTurn(turn, (signal) => wait(bucket, piece, signal)).then(() =>
          takeBefore(rest, turn),
        );
      left = rest;
    }
    return undefined;
  }

  /** The call with a body that is sent slowly, or at once where its bytes have been waited for. */
  async function send(invocation: Invocation): Promise<Invocation> {
    const { body, call } = invocation;
    if (body !== undefined && (body.bytes?.byteLength ?? Infinity) > pieceSize(bytesPerSecond()))
      return withBody(invocation, slowed(body, call.signal));
    await takeBefore(sentBytes(invocation) ?? 0, invocation);
    return invocation;
  }

  return { slowly, send, takeBefore };
}

function pieceSize(perSecond: number): number {
  return Math.min(LARGEST_PIECE, Math.max(SMALLEST_PIECE, Math.floor(perSecond / PIECES_A_SECOND)));
}
