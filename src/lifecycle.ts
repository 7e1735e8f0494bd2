import type { Clock } from './clock.js';

export interface Closable {
  close(): Promise<void>;
}

/** Opened resources, each to be closed before those that it needs, whatever fails. */
export interface Lifecycle {
  /**
   * Awaits `opening` and remembers the result. When closing has begun meanwhile, the result is closed at once and
   * this rejects with ClosingError, so that a start that is interrupted leaks nothing. `needs` are the resources that must
   * stay open until this one is closed; by default all that were added before it.
   */
  add<T extends Closable>(
    name: string,
    opening: T | Promise<T>,
    needs?: readonly Closable[],
  ): Promise<T>;
  /**
   * Closes one of them now, within its deadline, and forgets it; after closing has begun, waits for that. Rejects where it
   * cannot be closed. Does nothing for what was closed already.
   */
  remove(closable: Closable): Promise<void>;
  /**
   * Closes everything: first what no other resource needs, then what only closed ones needed, each at once. Each has its
   * deadline; one that misses it is left to itself. Rejects with CloseError after the last when any failed. Further calls
   * return the same promise.
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
  readonly needs: readonly Closable[];
}

export function createLifecycle({ clock, deadlineMs }: LifecycleOptions): Lifecycle {
  const opened: Opened[] = [];
  let closing: Promise<void> | undefined;

  async function closeOne({ name, closable }: Omit<Opened, 'needs'>): Promise<void> {
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
    const closings = new Map<Opened, Promise<void>>();
    for (const one of opened.toReversed()) {
      const before = [...closings].filter(([{ needs }]) => needs.includes(one.closable));
      const closed = Promise.all(before.map(([, closing]) => closing)).then(() => closeOne(one));
      closings.set(
        one,
        closed.catch((error: Error) => void errors.push(error)),
      );
    }
    await Promise.all(closings.values());
    if (errors.length > 0)
      throw new CloseError(
        errors,
        `could not close ${errors.map((error) => error.message).join('; ')}`,
      );
  }

  return {
    async add(name, opening, needs) {
      const closable = await opening;
      if (closing === undefined) {
        opened.push({ name, closable, needs: needs ?? opened.map((one) => one.closable) });
        return closable;
      }
      const cause = await closeOne({ name, closable }).catch((error: Error) => error);
      throw new ClosingError(
        `${name} was opened while the program was closing`,
        cause === undefined ? undefined : { cause },
      );
    },
    async remove(closable) {
      if (closing !== undefined) return closing;
      const at = opened.findIndex((one) => one.closable === closable);
      const [found] = at < 0 ? [] : opened.splice(at, 1);
      if (found !== undefined) await closeOne(found);
    },
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}
