import type { IndexEntry, ObjectName, ObjectRecord } from '../../state/object-index.js';
import { compareNames } from '../../utf8-order.js';
import type { LocalEntry } from '../../watcher/entry.js';
import type { WalkProblem } from '../../watcher/problem.js';
import {
  type Decision,
  decide,
  hasOldMetadata,
  type LocalFact,
  type Policy,
  type Remote,
} from '../decide.js';
import { decideByInventory } from '../decide-by-inventory.js';
import { decideByRecord } from '../decide-by-record.js';
import { isRacy } from '../same-stat.js';
import type { ListedContent } from './remote-page.js';
import type { IndexSide, ListingSide, SourceSide } from './sides.js';

/** Views of the same names, each in the order of their UTF-8 bytes. See RunSides. */
export interface Sides {
  /** Undefined: no file was looked at. Each counts as what its record says, and no name is missing. */
  readonly source: SourceSide | undefined;
  /** Undefined: nothing is known of what was sent. */
  readonly index: IndexSide | undefined;
  /** Undefined: the container was not listed, and nothing is known of what is in it. */
  readonly listing: ListingSide | undefined;
  /** The listing is an inventory: what it says is a claim about an earlier time. See decideByInventory. */
  readonly isInventory?: boolean;
}

export type Due = Exclude<Decision, { readonly action: 'nothing' }>;

/** One object about which something is to be done. */
export interface Finding {
  readonly kind: 'finding';
  readonly name: ObjectName;
  readonly local: LocalEntry | undefined;
  readonly known: ObjectRecord | undefined;
  /** `ask`: the object is to be looked at before anything is done. */
  readonly remote: Remote | 'ask';
  readonly decision: Due;
}

/** A name that nothing local has. Whether that is evidence is another question: see settleMissing. */
export interface MissingName {
  readonly name: ObjectName;
  readonly remote: Remote;
}

export interface Counts {
  /** Local files and links; without a source, names. */
  scanned: number;
  unchanged: number;
  /** In all local files and links. */
  bytes: number;
  /** Objects of ours without a file, which stay because the mirror says so (`deletes: keep`). */
  kept: number;
}

/**
 * Merges the sides in constant memory. Gives out the walk's problems, and what decide() finds to be due for each name
 * that something local has; names about which something would be due because nothing local has them go to `onMissing`.
 * Waits only where a page of the listing ends. `beforeName` is called for each name, and what it throws ends all.
 */
export async function* compare(
  { source, index, listing, isInventory = false }: Sides,
  policy: Policy,
  onMissing: (missing: MissingName) => void,
  counts: Counts,
  beforeName: () => void = () => {},
): AsyncGenerator<Finding | WalkProblem, void> {
  while (true) {
    beforeName();
    if (source?.problem !== undefined) {
      yield source.problem;
      source.advance();
      continue;
    }
    const name = first(source?.name, first(index?.name, listing?.name));
    if (name === undefined) return;
    const local = source?.name === name ? source.entry : undefined;
    const entry = index?.name === name ? index.entry : undefined;
    const listed = listing?.name === name;
    const content = listing === undefined ? 'unknown' : listed ? listing : 'absent';
    const isCompared = local !== undefined || source === undefined;
    if (isCompared) counts.scanned++;
    counts.bytes += local?.size ?? 0;
    if (
      local !== undefined &&
      entry !== undefined &&
      isPlainlyUnchanged(local, entry, content, policy)
    )
      counts.unchanged++;
    else {
      const said: Remote = typeof content === 'string' ? content : content.fact();
      const known = entry?.record;
      const file = local && { entry: local };
      const { remote, decision } =
        isInventory && said !== 'unknown'
          ? decideByInventory(file, known, said, policy)
          : { remote: said, decision: decideBy(source, file, known, said, policy) };
      if (isCompared) {
        if (decision.action === 'nothing') counts.unchanged++;
        else yield { kind: 'finding', name, local, known, remote, decision };
      } else if (decision.action !== 'nothing') onMissing({ name, remote: said });
      else if (known !== undefined) counts.kept++;
    }
    if (local !== undefined) source?.advance();
    if (entry !== undefined) index?.advance();
    if (listed) {
      const turning = listing.advance();
      if (turning !== undefined) await turning;
    }
  }
}

function decideBy(
  source: SourceSide | undefined,
  local: LocalFact | undefined,
  known: ObjectRecord | undefined,
  remote: Remote,
  policy: Policy,
): Decision {
  return source === undefined
    ? decideByRecord(known, remote, policy)
    : decide(local, known, remote, policy);
}

/**
 * What decide() answers with `nothing` for almost every file of almost every scan, seen without decoding the record. It
 * may be false where decide() says `nothing` too, and never true where it does not.
 */
export function isPlainlyUnchanged(
  local: LocalEntry,
  entry: IndexEntry,
  remote: 'unknown' | 'absent' | ListedContent,
  policy: Policy,
): boolean {
  // Only the record says whether the object says that there are others.
  if (local.links !== undefined && policy.metadata.hardlinks === true) return false;
  if (!entry.isConfirmed(local) || isRacy({ ctimeNs: local.ctimeNs, hashedAtMs: entry.hashedAtMs }))
    return false;
  if (remote === 'unknown') return true;
  if (hasOldMetadata(entry.metadataEpoch, policy)) return false;
  return (
    remote !== 'absent' &&
    remote.size === local.size &&
    remote.md5 !== undefined &&
    remote.md5 === entry.md5
  );
}

function first(a: ObjectName | undefined, b: ObjectName | undefined): ObjectName | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareNames(a, b) <= 0 ? a : b;
}
