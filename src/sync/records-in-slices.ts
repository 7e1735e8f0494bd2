import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ObjectIndex, ObjectName, ObjectRecord } from '../state/object-index.js';

/** Records of one slice: reading them takes a few milliseconds. */
const SLICE = 1_000;

/**
 * All records, in the order of their names, in slices of one turn of the event loop each. A cursor is not kept open from one
 * turn to the next: what is written meanwhile could not use its space again.
 */
export async function* recordsInSlices(
  index: Pick<ObjectIndex, 'entries'>,
  from?: ObjectName,
): AsyncGenerator<readonly (readonly [ObjectName, ObjectRecord])[], void> {
  let after = from;
  for (;;) {
    const slice: (readonly [ObjectName, ObjectRecord])[] = [];
    for (const entry of index.entries(after === undefined ? {} : { after })) {
      slice.push(entry);
      if (slice.length >= SLICE) break;
    }
    yield slice;
    const last = slice.at(-1);
    if (last === undefined || slice.length < SLICE) return;
    after = last[0];
    await nextTurn();
  }
}
