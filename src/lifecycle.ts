import type { Clock } from './clock.js';

export interface Closable {
  close(): Promise<void>;
}

/** Opened resources, to be closed in reverse order, whatever fails. */
export interface Lifecycle {
  /**
   * Awaits `opening` and remembers the result. When closing has begun meanwhile, the result is closed at once and
   * this rejects with ClosingError, so that a start that is interrupted leaks nothing.
   */
  add<T extends Closable>(name: string, opening: T | Promise<T>): Promise<T>;
  /**
   * Closes everything, the last first, one after another. Each has its deadline; one that misses it is left to itself.
   * Rejects with CloseError after the last when any failed. Further calls return the same promise.
   */
  close(): Promise<void>;
}

/** A resource was opened while the program was closing. */
export class ClosingError extends Error {
  override readonly name = 'ClosingError';
}

/** Some resources could not be closed; `errors` has each of them, in the order of closing. */
export class CloseError extends AggregateError {
  override readonly name = 'CloseError';
}

export interface LifecycleOptions {
  readonly clock: Clock;
  /** Milliseconds that one close may take. */
  readonly deadlineMs: number;
}

interface Opened {
  readonly name: string;
  readonly closable: Closable;
}

export function createLifecycle({ clock, deadlineMs }: LifecycleOptions): Lifecycle {
  const stack: Opened[] = [];
  let closing: Promise<void> | undefined;

  async function closeOne({ name, closable }: Opened): Promise<void> {
    const done = new AbortController();
    const late = clock.sleep(deadlineMs, done.signal).then(() => {
      throw new Error(`did not close within ${deadlineMs / 1000} s`);
    });
    try {
      // The slower promise keeps a handler: a rejection after the deadline must not end the program.
      await Promise.race([closable.close(), late]);
    } catch (cause) {
      throw new Error(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      });
    } finally {
      done.abort();
      late.catch(() => {});
    }
  }

  async function closeAll(): Promise<void> {
    const errors: Error[] = [];
    for (let opened = stack.pop(); opened !== undefined; opened = stack.pop()) {
      await closeOne(opened).catch((error: Error) => errors.push(error));
    }
    if (errors.length > 0)
      throw new CloseError(
        errors,
        `could not close ${errors.map((error) => error.message).join('; ')}`,
      );
  }

  return {
    async add(name, opening) {
      const closable = await opening;
      if (closing === undefined) {
        stack.push({ name, closable });
        return closable;
      }
      const cause = await closeOne({ name, closable }).catch((error: Error) => error);
      throw new ClosingError(
        `${name} was opened while the program was closing`,
        cause === undefined ? undefined : { cause },
      );
    },
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}
