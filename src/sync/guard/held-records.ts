import { createHash } from 'node:crypto';
import type { Guarded, ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { Change } from '../guard-rule.js';
import { recordsInSlices } from '../records-in-slices.js';
import type { HeldCounts } from './counting-index.js';

// The index itself knows what is held: each record says so of its own object. That survives whatever ends the process,
// takes no memory, and is exact whatever is decided. These are the passes over it.

export interface HeldObject {
  readonly name: ObjectName;
  readonly change: Change;
}

/** Records written at once. */
const AT_ONCE = 1_000;

/** What is held, in the order of the names. Other work goes on meanwhile. */
export async function* heldObjects(
  index: ObjectIndex,
  after?: ObjectName,
): AsyncGenerator<HeldObject> {
  for await (const [name, record] of allRecords(index, after)) {
    const change = heldChange(record);
    if (change !== undefined) yield { name, change };
  }
}

/** Called with each record, in the order of the names, and with what is held of its object; undefined: nothing is. */
export type RecordVisitor = (
  name: ObjectName,
  record: ObjectRecord,
  change: Change | undefined,
) => void;

/**
 * How much is held, and a digest of it: the same for the same names and changes, and another one for any other. `visit` sees the
 * records of this one pass.
 */
export async function sumOfHeld(
  index: ObjectIndex,
  visit: RecordVisitor = () => {},
): Promise<HeldCounts & { readonly digest: string }> {
  const digest = createHash('sha256');
  const counts = { deletes: 0, overwrites: 0 };
  for await (const [name, record] of allRecords(index)) {
    const change = heldChange(record);
    visit(name, record, change);
    if (change === undefined) continue;
    counts[change === 'delete' ? 'deletes' : 'overwrites'] += 1;
    digest.update(`${change} ${name}\0`);
  }
  return { ...counts, digest: digest.digest('hex') };
}

function heldChange({ guarded }: Pick<ObjectRecord, 'guarded'>): Change | undefined {
  if (guarded === 'delete-held') return 'delete';
  return guarded === 'overwrite-held' ? 'overwrite' : undefined;
}

/** Replaces the guard's verdicts in all records by `verdicts`. Resolves with how many it replaced, when they are durable. */
export async function changeVerdicts(
  index: ObjectIndex,
  verdicts: Readonly<Partial<Record<Guarded, Guarded | 'nothing'>>>,
): Promise<number> {
  let writes: Promise<void>[] = [];
  let changed = 0;
  for await (const [name, record] of allRecords(index)) {
    const verdict = record.guarded && verdicts[record.guarded];
    if (verdict === undefined) continue;
    writes.push(index.put(name, withVerdict(record, verdict)));
    changed += 1;
    if (writes.length < AT_ONCE) continue;
    await Promise.all(writes);
    writes = [];
  }
  await Promise.all(writes);
  return changed;
}

/** Deletes that are held from now on. */
export interface HeldTogether {
  readonly names: ReadonlySet<ObjectName>;
  /** Resolves when the index has it. */
  readonly saved: Promise<void>;
}

/** Writes the verdict `delete-held` into those of the records that are confirmed and have no verdict, in one commit. */
export function holdDeletes(index: ObjectIndex, names: readonly ObjectName[]): HeldTogether {
  const held = new Map<ObjectName, ObjectRecord>();
  for (const name of names) {
    const record = index.get(name);
    if (record?.state === 'confirmed' && record.guarded === undefined)
      held.set(name, withVerdict(record, 'delete-held'));
  }
  return { names: new Set(held.keys()), saved: index.putAll([...held]) };
}

export function withVerdict(
  { guarded: _, ...record }: ObjectRecord,
  verdict: Guarded | 'nothing',
): ObjectRecord {
  return verdict === 'nothing' ? record : { guarded: verdict, ...record };
}

async function* allRecords(
  index: ObjectIndex,
  from?: ObjectName,
): AsyncGenerator<readonly [ObjectName, ObjectRecord]> {
  for await (const slice of recordsInSlices(index, from)) yield* slice;
}
