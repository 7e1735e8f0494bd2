/** `answers`: only for jobs that have ended; `all`: for everything. */
export type LookKind = 'answers' | 'all';

/** One look at a time. What is asked for during one is done after it, once. */
export interface Looks {
  /** Resolves when a look that began after this call has ended. */
  request(kind: LookKind): Promise<void>;
}

/** `look` must not reject. */
export function createLooks(look: (kind: LookKind) => Promise<void>): Looks {
  let next: { kind: LookKind; done: Promise<void> } | undefined;
  let last: Promise<void> = Promise.resolve();

  function begin(kind: LookKind): Promise<void> {
    const own = { kind, done: last };
    own.done = last.then(() => {
      next = undefined;
      return look(own.kind);
    });
    next = own;
    last = own.done;
    return own.done;
  }

  return {
    request(kind) {
      if (next === undefined) return begin(kind);
      if (kind === 'all') next.kind = kind;
      return next.done;
    },
  };
}
