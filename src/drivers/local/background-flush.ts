import { closeSync, fdatasync, openSync } from 'node:fs';
import { codeOf } from './failure.js';

/** Flushes a table's file in the background, once for all changes of the time before. */
export function backgroundFlush(descriptorOf: () => number) {
  let flushing = false;
  let dirty = false;

  function flush(): void {
    dirty = false;
    flushing = true;
    // Flushes a descriptor of its own: growing and closing do not wait for it.
    const own = openSync(`/proc/self/fd/${descriptorOf()}`, 'r');
    fdatasync(own, () => {
      closeSync(own);
      flushing = false;
    });
  }

  return {
    /** To be called after each change. */
    changed(): void {
      dirty = true;
    },
    flushLater(): void {
      if (!dirty || flushing) return;
      try {
        flush();
      } catch (error) {
        flushing = false;
        if (codeOf(error) === undefined) throw error; // no /proc: the system flushes when it sees fit
      }
    },
  };
}
