/** Memory for the contents of batches. */
export interface BatchMemory {
  /** At least so many bytes, of any content. */
  take(bytes: number): SharedArrayBuffer;
  /** No thread reads or writes it any more. */
  give(memory: SharedArrayBuffer): void;
}

/** So that a batch with some more bytes than the one before has room, too. */
const STEP_BYTES = 256 * 1024;
/** No more batches than these are read and sent at once. */
const MOST_KEPT = 4;

/**
 * Gives memory out again whose batch is over. Each thread that has seen a piece of shared memory holds it until V8 has run there
 * for other reasons, so memory that is new for each batch adds up to several times what is in use. V8 collects what is not taken.
 */
export function createBatchMemory(): BatchMemory {
  let kept: WeakRef<SharedArrayBuffer>[] = [];
  return {
    take(bytes) {
      const found = kept.find((each) => (each.deref()?.byteLength ?? 0) >= bytes);
      kept = kept.filter((each) => each !== found && each.deref() !== undefined);
      return found?.deref() ?? new SharedArrayBuffer(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES);
    },
    give(memory) {
      kept = [...kept, new WeakRef(memory)].slice(-MOST_KEPT);
    },
  };
}
