import type { ObjectName } from '../../state/object-index.js';
import type { JobKind } from '../events.js';
import type { Since } from '../moment.js';
import type { Pending } from '../work/pending.js';
import { type ExcludedJump, excludedJump } from './excluded-samples.js';
import type { MirrorParts } from './mirror-parts.js';
import type { SeenSource, SourceSize } from './seen-source.js';

/** What waits to be done for a mirror; each number is kept, and costs nothing to ask for. */
export interface MirrorFigures {
  readonly queued: number;
  /** Of their files, as far as these are known. */
  readonly queuedBytes: number;
  readonly byJob: Readonly<Partial<Record<JobKind, number>>>;
  /** The first names that wait or run, in the order in which they came. */
  next(limit: number): readonly ObjectName[];
  /** When the change of a name was made that waits or runs; undefined: nothing waits for it. */
  pendingSince(name: ObjectName): Since | undefined;
  /** Undefined: no scan of the whole source has finished since the start. */
  readonly source: SourceSize | undefined;
  /** Undefined: not much more is excluded than at another time of the last day. */
  readonly excludedJump: ExcludedJump | undefined;
  /** Uploads in parts that were begun, and neither completed nor aborted: providers bill their parts. */
  readonly unfinishedUploads: number;
}

export function figuresOf(
  {
    pending,
    seenSource,
  }: {
    readonly pending: Pick<Pending, 'size' | 'bytes' | 'byJob' | 'names' | 'since'>;
    readonly seenSource: Pick<SeenSource, 'last'>;
  },
  { ledger, index, clock }: Pick<MirrorParts, 'ledger' | 'index' | 'clock'>,
): MirrorFigures {
  return {
    queued: pending.size,
    queuedBytes: pending.bytes,
    byJob: pending.byJob,
    next(limit) {
      const found: ObjectName[] = [];
      for (const name of pending.names()) {
        if (found.length >= Math.min(limit, pending.size)) break;
        found.push(name);
      }
      return found;
    },
    pendingSince: pending.since,
    source: seenSource.last,
    get unfinishedUploads() {
      const { unfinishedUploads, abandonedUploads = [] } = ledger.read();
      return Object.keys(unfinishedUploads).length + abandonedUploads.length;
    },
    get excludedJump() {
      return excludedJump(ledger.read().excluded ?? [], index.count(), clock.now());
    },
  };
}
