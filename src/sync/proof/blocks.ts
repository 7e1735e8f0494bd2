/** Pieces of memory of one size, a limited number of them, which are used again and again. */
export interface Blocks {
  /** A promise when all are in use; it resolves, in the order of the calls, when one is free. */
  take(): ArrayBuffer | Promise<ArrayBuffer>;
  /** To be called once for each block that was taken. `block` undefined: it was lost, and another one takes its place. */
  give(block: ArrayBuffer | undefined): void;
}

export function openBlocks(most: number, bytes: number): Blocks {
  const free: ArrayBuffer[] = [];
  const waiting: ((block: ArrayBuffer) => void)[] = [];
  let made = 0;
  return {
    take() {
      const block = free.pop();
      if (block !== undefined) return block;
      if (made >= most) return new Promise((resolve) => waiting.push(resolve));
      made += 1;
      return new ArrayBuffer(bytes);
    },
    give(given) {
      const block = given ?? new ArrayBuffer(bytes);
      const next = waiting.shift();
      if (next === undefined) free.push(block);
      else next(block);
    },
  };
}
