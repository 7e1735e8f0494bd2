import PQueue from 'p-queue';
import { orAborted } from '../../signal.js';

/**
 * A lane has slots of its own: large files cannot fill all of them, and small ones overtake large ones. Deletes have
 * theirs because they wait for one another to share a request.
 */
export type Lane = 'small' | 'large' | 'delete';

/** Large files in flight at once, of each 8 slots: enough to fill a line, few enough to bound memory and sockets. */
const LARGE_SHARE = 8;
const LARGE_MOST = 3;

/** Batches under way: one is read, one is sent, one is recorded. As many wait before their caller does. */
const BATCHES_AT_ONCE = 3;
const BATCHES_WAITING = 2;

export interface LanesOptions {
  /** Jobs of the small lane under way at once. */
  readonly concurrency: number;
  readonly waitingLimit: number;
  /** Slots of the delete lane, if these are more than it has anyway: deletes hold theirs while they wait for a full request. */
  readonly deletesAtOnce?: number;
}

export type Lanes = ReturnType<typeof openLanes>;

/** The lanes of one target: each starts what is added to it in order, as many at once as it has slots. */
export function openLanes(
  { concurrency, waitingLimit, deletesAtOnce = 0 }: LanesOptions,
  signal: AbortSignal,
) {
  const large = Math.max(1, Math.min(LARGE_MOST, Math.floor(concurrency / LARGE_SHARE)));
  const lanes: Readonly<Record<Lane | 'batch', PQueue>> = {
    small: new PQueue({ concurrency }),
    large: new PQueue({ concurrency: large }),
    delete: new PQueue({ concurrency: Math.max(concurrency, waitingLimit, deletesAtOnce) }),
    batch: new PQueue({ concurrency: BATCHES_AT_ONCE }),
  };
  const all = Object.values(lanes);

  async function whenFewerWait(
    lane: Lane | 'batch',
    limit: number,
    until: AbortSignal,
  ): Promise<void> {
    // p-queue does not wake those who wait for room when it is cleared.
    if (lanes[lane].size >= limit) await orAborted(lanes[lane].onSizeLessThan(limit), until);
  }

  return {
    start: (lane: Lane | 'batch', run: () => Promise<void>): void => void lanes[lane].add(run),
    /** Resolves when fewer than its limit wait in the lane. Rejects with the reason of `until`, by default of the lanes' signal. */
    whenRoom: (lane: Lane | 'batch', until = signal): Promise<void> =>
      whenFewerWait(lane, lane === 'batch' ? BATCHES_WAITING : waitingLimit, until),
    /** Resolves when none waits in the lane for batches; as whenRoom. */
    whenNoBatchWaits: (until: AbortSignal): Promise<void> => whenFewerWait('batch', 1, until),
    pause(): void {
      for (const lane of all) lane.pause();
    },
    resume(): void {
      for (const lane of all) lane.start();
    },
    get paused(): boolean {
      return lanes.small.isPaused;
    },
    clear(): void {
      for (const lane of all) lane.clear();
    },
    whenIdle: () => Promise.all(all.map((lane) => lane.onIdle())),
  };
}
