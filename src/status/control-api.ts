import type { Clock } from '../clock.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import type { ApiRoute } from './api.js';
import { apiHeldRoutes } from './api-held-routes.js';
import { mirrorRoutes } from './api-mirror-routes.js';
import { overviewRoutes } from './api-overview-routes.js';
import { type PauseControl, pauseRoutes } from './api-pause-routes.js';
import { processRoutes } from './api-process-routes.js';
import { searchRoutes } from './api-search-routes.js';
import { targetRoutes, targetRows } from './api-target-routes.js';
import { trashRoutes } from './api-trash-routes.js';
import { verifyRoutes } from './api-verify-routes.js';
import { whyRoutes } from './api-why-routes.js';
import { workersRoutes } from './api-workers-routes.js';
import { attentionOf, type ConfigOnDisk } from './attention.js';
import { createEventRing, type EventRing } from './event-ring.js';
import { createLastChanges } from './last-changes.js';
import { publishLiveEvents } from './live-events.js';
import type { MirrorControl } from './mirror-control.js';
import { createMirrorMeter } from './mirror-meter.js';
import { attentionFactsOf, rowOf, sourcesOf } from './mirror-row.js';
import { createObjectHistory, type ObjectHistory } from './object-history.js';
import { createProcessMeter } from './process-meter.js';
import type { NotificationRow } from './schema-notifications.js';
import type { StatusAnswer } from './schema-status.js';
import type { TargetCallsAnswer } from './schema-targets.js';
import type { QueueStatus } from './schema-workers.js';
import { createTargetCalls } from './target-calls.js';
import type { TargetStatus } from './target-meter.js';

export interface ControlApiOptions {
  /** Another text at each start of the daemon; without a dash. */
  readonly boot: string;
  readonly about: Pick<StatusAnswer, 'version' | 'host' | 'pid' | 'startedAtMs'>;
  /** As they are now: when the configuration is loaded again, this list changes in place. */
  readonly mirrors: readonly MirrorControl[];
  readonly targets: () => readonly TargetStatus[];
  /** Undefined: the configuration has none. */
  readonly queue: () => QueueStatus | undefined;
  readonly pauses: PauseControl;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** What is kept of the calls to a target; undefined: nothing is. */
  readonly recorded: (target: string) => TargetCallsAnswer | undefined;
  /** How the configuration file differs from what is loaded; undefined: it does not, as far as that is known. */
  readonly configOnDisk: () => ConfigOnDisk | undefined;
  /** The receivers of messages, and how the last delivery to each went. */
  readonly notifications: () => readonly NotificationRow[];
}

/** What a running daemon answers under `/api/v1`. */
export interface ControlApi {
  readonly routes: readonly ApiRoute[];
  /** For whatever else has news for the readers of the events. */
  readonly ring: EventRing;
  readonly history: ObjectHistory;
  status(): StatusAnswer;
  /** Listens to the telemetry no more. */
  close(): void;
}

export function createControlApi(options: ControlApiOptions): ControlApi {
  const { boot, mirrors, telemetry, clock, pauses } = options;
  const ring = createEventRing(boot);
  const changes = createLastChanges(boot, clock);
  const history = createObjectHistory(clock);
  const meter = createMirrorMeter(telemetry, clock);
  const calls = createTargetCalls(telemetry, clock);
  const processMeter = createProcessMeter(clock);
  const sources = (control: MirrorControl) => sourcesOf(control, meter, clock.now());
  const targets = () => targetRows(options.targets(), mirrors, calls, pauses, options.recorded);
  const overview = () => lookAtAll(options, sources);
  const status = () => statusOf(options, ring, overview());
  const unpublish = publishLiveEvents({
    boot,
    ring,
    changes,
    history,
    telemetry,
    clock,
    view: () => ({ ...overview(), targets: targets(), queue: options.queue() }),
  });

  return {
    ring,
    history,
    status,
    routes: [
      ...overviewRoutes({ mirrors, status, ring, changes, clock }),
      ...mirrorRoutes({ mirrors, sources, clock }),
      ...processRoutes(options.about, processMeter),
      ...targetRoutes({ mirrors, rows: targets, clock }),
      ...workersRoutes(options.queue),
      ...apiHeldRoutes(mirrors, history, clock),
      ...searchRoutes(mirrors),
      ...trashRoutes(mirrors),
      ...verifyRoutes(mirrors),
      ...whyRoutes({ mirrors, history, clock }),
      ...pauseRoutes(mirrors, pauses, clock),
    ],
    close() {
      unpublish();
      meter.close();
      calls.close();
      processMeter.close();
    },
  };
}

function lookAtAll(
  { mirrors, configOnDisk, notifications }: ControlApiOptions,
  sourcesNow: (control: MirrorControl) => ReturnType<typeof sourcesOf>,
) {
  const looked = mirrors.map((control) => {
    const sources = sourcesNow(control);
    const row = rowOf(sources);
    return { sources, row, facts: attentionFactsOf(sources, row) };
  });
  return {
    mirrors: looked.map(({ row }) => row),
    running: new Map(
      looked.map(({ sources: { status } }) => [status.mirror, status.running] as const),
    ),
    asked: mirrors.flatMap(({ settings: { name }, askedVerify }) => {
      const asked = askedVerify.status();
      return asked === null ? [] : [{ mirror: name, asked }];
    }),
    attention: attentionOf(
      looked.map(({ facts }) => facts),
      configOnDisk(),
      notifications(),
    ),
  };
}

function statusOf(
  { about, clock }: ControlApiOptions,
  ring: EventRing,
  { mirrors, attention }: ReturnType<typeof lookAtAll>,
): StatusAnswer {
  const moments = mirrors.map(({ currentToMs }) => currentToMs);
  const isKnown = moments.length > 0 && !moments.includes(null);
  return {
    ...about,
    nowMs: clock.now(),
    eventId: ring.lastId,
    currentToMs: isKnown ? Math.min(...moments.map(Number)) : null,
    attention: [...attention],
    mirrors,
  };
}
