import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work that is done a few items in each turn of the event loop, last in first out, so that events get in between. */
export interface TurnQueue<Item> {
  push(item: Item): void;
  /** Whether nothing is queued or under way. */
  isIdle(): boolean;
  /** Resolves once it is idle. */
  settled(): Promise<void>;
}

/** `work` must not reject. */
export function createTurnQueue<Item>(
  itemsPerTurn: number,
  work: (item: Item) => Promise<void>,
): TurnQueue<Item> {
  const queue: Item[] = [];
  let working: Promise<void> | undefined;

  const workAll = async (): Promise<void> => {
    while (queue.length > 0) {
      await nextTurn();
      await Promise.all(queue.splice(-itemsPerTurn).map(work));
    }
    working = undefined;
  };

  return {
    push(item) {
      queue.push(item);
      working ??= workAll();
    },
    isIdle: () => working === undefined,
    async settled() {
      while (working !== undefined) await working;
    },
  };
}
