/**
 * Runs orders one after the other. One that has not begun serves all equal ones that come meanwhile: it works with what is there
 * when it begins.
 */
export interface OneAtATime<Order, Result> {
  run(order: Order): Promise<Result>;
  /** Resolves when none runs or waits. */
  idle(): Promise<void>;
}

export function oneAtATime<Order, Result>(
  carryOut: (order: Order) => Promise<Result>,
  keyOf: (order: Order) => string,
): OneAtATime<Order, Result> {
  const waiting = new Map<string, Promise<Result>>();
  let last: Promise<unknown> = Promise.resolve();

  function enqueue(order: Order, key: string): Promise<Result> {
    const result = last.then(() => {
      waiting.delete(key);
      return carryOut(order);
    });
    waiting.set(key, result);
    last = result.catch(() => {});
    return result;
  }

  return {
    run(order) {
      const key = keyOf(order);
      return waiting.get(key) ?? enqueue(order, key);
    },
    async idle() {
      let before: Promise<unknown>;
      do {
        before = last;
        await before;
      } while (before !== last);
    },
  };
}
