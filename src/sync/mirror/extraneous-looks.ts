import type { ObjectName } from '../../state/object-index.js';
import type { Finding } from '../scan/compare.js';

/**
 * Extraneous objects that an inventory has, which may be gone: each is looked at before the guard counts it, or a person reads of
 * it. Several looks go on at once.
 */
export interface ExtraneousLooks {
  add(finding: Finding): Promise<void>;
  /** Resolves when all that were added have been looked at. */
  finish(): Promise<void>;
}

const AT_ONCE = 32;

/** `found` is called, in order, with those that are there. Rejects as `isThere` does. */
export function createExtraneousLooks(
  isThere: (name: ObjectName) => Promise<boolean>,
  found: (finding: Finding) => void,
): ExtraneousLooks {
  let waiting: Finding[] = [];
  async function finish(): Promise<void> {
    const looked = waiting;
    waiting = [];
    const there = await Promise.all(looked.map(({ name }) => isThere(name)));
    looked.filter((_, at) => there[at]).forEach(found);
  }
  return {
    async add(finding) {
      waiting.push(finding);
      if (waiting.length >= AT_ONCE) await finish();
    },
    finish,
  };
}
