import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.js';
import type { SyncEvent } from '../sync/events.js';
import type { AskedVerifyStatus } from '../sync/verify-status.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import type { EventRing } from './event-ring.js';
import { changeOf, idOfChange, type LastChanges } from './last-changes.js';
import type { ObjectHistory } from './object-history.js';
import type { ApiEventName, RunningJob } from './schema-events.js';
import type { Attention, MirrorRow } from './schema-status.js';
import type { QueueStatus } from './schema-workers.js';

/** What the readers of the events see of the daemon at one moment. */
export interface LiveView {
  readonly mirrors: readonly MirrorRow[];
  readonly running: ReadonlyMap<string, readonly RunningJob[]>;
  readonly targets: readonly { readonly target: string }[];
  readonly attention: readonly Attention[];
  /** Undefined: there is none. */
  readonly queue: QueueStatus | undefined;
  /** Readings that persons have asked for. */
  readonly asked: readonly { readonly mirror: string; readonly asked: AskedVerifyStatus }[];
}

export interface LiveEventsOptions {
  readonly boot: string;
  readonly ring: EventRing;
  readonly changes: LastChanges;
  readonly history: ObjectHistory;
  readonly telemetry: Telemetry;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly view: () => LiveView;
}

const LOOK_EVERY_MS = 1_000;

/** Changes of one mirror that have events of their own in one second. */
export const MOST_CHANGES = 20;

/** Work on records alone is no change that a person looks for. */
const SHOWN_JOBS: ReadonlySet<string> = new Set([
  'upload_object',
  'copy_object',
  'delete_object',
  'refresh_metadata',
]);

/**
 * Fills the ring from the telemetry, and once a second, while it has a reader, from what has changed in the view. A view is
 * compared with the one that was published last, whenever that was: a reader that comes later misses nothing. Returns what
 * ends that.
 */
export function publishLiveEvents(options: LiveEventsOptions): () => void {
  const { ring, telemetry, clock, view } = options;
  const feed = createChangeFeed(options);
  const unlisten = [
    telemetry.listen(['done', 'failed', 'held', 'skipped'], feed.note),
    telemetry.listen(['guard'], ({ mirror, holding, why }) => {
      ring.publish('held', { mirror, holding, why });
    }),
    telemetry.listen(['pause'], ({ what, name, untilMs }) => {
      ring.publish('pause', { [what]: name, pausedUntilMs: untilMs });
    }),
  ];
  const published = new Map<string, unknown>();
  let cancel = () => {};

  function publishIfChanged(key: string, event: ApiEventName, data: unknown): void {
    if (isDeepStrictEqual(published.get(key), data)) return;
    published.set(key, data);
    ring.publish(event, data);
  }

  function publishRow(row: MirrorRow): void {
    const key = `mirror ${row.mirror}`;
    const before = published.get(key) as MirrorRow | undefined;
    const different = before === undefined ? row : differences(before, row);
    if (Object.keys(different).length === 0) return;
    published.set(key, row);
    ring.publish('mirror', { ...different, mirror: row.mirror });
  }

  function look(): void {
    feed.nextSecond();
    if (ring.listeners > 0) {
      const { mirrors, running, targets, attention, asked, queue } = view();
      for (const row of mirrors) publishRow(row);
      for (const [mirror, jobs] of running)
        publishIfChanged(`running ${mirror}`, 'running', { mirror, running: jobs });
      for (const target of targets) publishIfChanged(`target ${target.target}`, 'target', target);
      for (const one of asked) publishIfChanged(`verify ${one.mirror}`, 'verify', one);
      if (queue !== undefined) publishIfChanged('workers', 'workers', { queue });
      publishIfChanged('attention', 'attention', { attention });
    }
    cancel = clock.after(LOOK_EVERY_MS, look);
  }

  cancel = clock.after(LOOK_EVERY_MS, look);
  return () => {
    cancel();
    for (const end of unlisten) end();
  };
}

/** Members of a row that are others now. That a mirror without any lag is current to each new second is no news. */
function differences(before: MirrorRow, now: MirrorRow): Partial<MirrorRow> {
  const old = new Map<string, unknown>(Object.entries(before));
  if (before.lagSeconds === 0 && now.lagSeconds === 0) old.set('currentToMs', now.currentToMs);
  return Object.fromEntries(
    Object.entries(now).filter(([key, value]) => !isDeepStrictEqual(old.get(key), value)),
  );
}

/** Notes changes, and publishes the first of each mirror in each second. */
function createChangeFeed({ boot, ring, changes, history, clock }: LiveEventsOptions) {
  const counts = new Map<string, number>();
  return {
    note(event: Extract<SyncEvent, { event: 'done' | 'failed' | 'held' | 'skipped' }>): void {
      history.note(event);
      if (event.event === 'held' || event.event === 'skipped' || !SHOWN_JOBS.has(event.job)) return;
      const number = changes.note(event);
      const count = (counts.get(event.mirror) ?? 0) + 1;
      counts.set(event.mirror, count);
      if (count <= MOST_CHANGES)
        ring.publish('change', changeOf(event, idOfChange(boot, number), clock.now()));
    },
    nextSecond(): void {
      for (const [mirror, count] of counts)
        if (count > MOST_CHANGES)
          ring.publish('changes-skipped', { mirror, changes: count - MOST_CHANGES });
      counts.clear();
    },
  };
}
