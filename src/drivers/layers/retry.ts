import type { Clock } from '../../clock.js';
import { childController, NEVER_ABORTED } from '../../signal.js';
import type { PutOptions } from '../call.js';
import { ObjectDoesNotExistError, StorageError, ThrottledError } from '../errors.js';
import type { Invocation, Layer } from './layer.js';
import type { Operation } from './operations.js';

export interface RetrySettings {
  readonly clock: Clock;
  /** Returns a number from 0 to below 1. */
  readonly random: () => number;
  /** Tries in all, the first included. Default 4. */
  readonly tries?: number;
  /** The longest wait before the second try; it doubles with each further one. Default 250 ms. */
  readonly baseMs?: number;
  /** Once it is aborted a call that failed is not made again. Default: never. */
  readonly until?: AbortSignal;
  /** The longest wait, in milliseconds. If the provider asks for more, the call fails: the caller's queue can wait longer. Default 20 s. */
  readonly longestMs?: number;
}

/**
 * Makes a call again when its error says that another try is worth it, after a random part of an exponentially growing
 * wait ("full jitter": aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter). A body that cannot be opened
 * again is sent once.
 */
export function retry({
  clock,
  random,
  tries = 4,
  baseMs = 250,
  longestMs = 20_000,
  until = NEVER_ABORTED,
}: RetrySettings): Layer {
  function waitBefore(attempt: number, error: unknown): number | undefined {
    if (!(error instanceof StorageError) || error.retry === 'never') return undefined;
    const jitter = random() * Math.min(longestMs, baseMs * 2 ** (attempt - 1));
    if (error.retry === 'backoff') return jitter;
    const { afterMs } = error.retry;
    return afterMs <= longestMs ? afterMs + random() * baseMs : undefined;
  }

  /** Ends early when `until` is aborted; rejects only with the reason of `signal`. */
  async function pause(ms: number, signal: AbortSignal): Promise<void> {
    const { controller, unlink } = childController(signal, until);
    try {
      await clock.sleep(ms, controller.signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!until.aborted) throw error;
    } finally {
      unlink();
    }
  }

  return {
    name: 'retry',
    concerns: (operation) => operation !== 'putObjects', // the memory of its content is gone
    quick: {}, // the caller puts again, with this layer around it
    async around(invocation, next) {
      let earlier: unknown;
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await next(invocation);
        } catch (error) {
          if (earlier !== undefined && isUnknownUpload(invocation, error)) throw earlier;
          earlier = error;
          if (attempt >= tries || until.aborted || !mayRepeat(invocation, error)) throw error;
          const ms = waitBefore(attempt, error);
          if (ms === undefined) throw error;
          await pause(ms, invocation.call.signal);
          if (until.aborted) throw error;
        }
      }
    },
  };
}

/** The upload is unknown because the first try completed it, or the provider dropped it: the error of that try says more. */
function isUnknownUpload({ operation }: Invocation, error: unknown): boolean {
  return operation === 'complete' && error instanceof ObjectDoesNotExistError;
}

/**
 * Calls that fail when they are repeated after a success: when the first answer is lost, a second try would report
 * a conflict with ourselves, or begin a second upload beside one that is lost. They are repeated only when the
 * provider says that it has done nothing.
 */
const ONCE: ReadonlySet<Operation> = new Set(['createContainer', 'deleteContainer', 'begin']);

function mayRepeat({ operation, args, body }: Invocation, error: unknown): boolean {
  if (body !== undefined && !body.replayable) return false;
  const conditional =
    operation === 'putObject' && (args[2] as PutOptions).precondition !== undefined;
  return !(conditional || ONCE.has(operation)) || error instanceof ThrottledError;
}
