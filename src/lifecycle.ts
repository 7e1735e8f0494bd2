import type { Clock } from './clock.js';

export interface Closable {
  close(): Promise<void>;
}

/** What was opened, to be closed in reverse order, whatever fails. */
export interface Lifecycle {
  /**
   * Awaits `opening` and remembers what came of it. When closing has begun meanwhile, what came is closed at once and
   * this rejects with ClosingError, so that a start that is interrupted leaks nothing.
   */
  add<T extends Closable>(name: string, opening: T | Promise<T>): Promise<T>;
  /**
   * Closes everything, the last first, one after another. Each has its deadline; one that misses it is left to itself.
   * Rejects with CloseError after the last when any failed. Further calls return the same promise.
   */
  close(): Promise<void>;
}

/** Something was opened although the program is on its way out. */
export class ClosingError extends Error {
  override readonly name = 'ClosingError';
}

/** Some of what was open could not be closed; `errors` has each of them, in the order of closing. */
export class CloseError extends AggregateError {
  override readonly name = 'CloseError';
}

export interface LifecycleOptions {
  readonly clock: Clock;
  /** How long one close may take. */
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
      // The loser of the race is heard as well: a rejection that comes after the deadline must not end the program.
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
