import { type Alerts, openAlerts } from './alerts/alerts.js';
import { createDeliveries, type Deliveries } from './alerts/deliveries.js';
import { createHeartbeat, type Heartbeat } from './alerts/heartbeat.js';
import { type NamedHeartbeat, notificationControl } from './alerts/notifications.js';
import { createPoster } from './alerts/post.js';
import { type SeenStatus, seenStatusOf } from './alerts/seen.js';
import type { Config, MirrorConfig } from './config/config.js';
import type { Closable } from './lifecycle.js';
import type { NotificationControl } from './status/api-notification-routes.js';
import type { DaemonStatus } from './status/snapshot.js';
import { conditionOf } from './sync/mirror/condition-of.js';
import type { OnceResult, World } from './world.js';

interface Sending {
  readonly post: ReturnType<typeof createPoster>['post'];
  readonly deliveries: Deliveries;
}

type AlertingConfig = Pick<Config, 'notify' | 'heartbeat' | 'mirrors' | 'stateFolder'>;

/** Longest time between two looks at the mirrors. */
const LOOK_MS = 10_000;
const SHORTEST_LOOK_MS = 250;
/** How long a one-shot run waits for receivers at its end. */
const LAST_DELIVERIES_MS = 20_000;

/** Whether the configuration asks for any message or heartbeat. */
export function wantsAlerts({ notify, heartbeat, mirrors }: AlertingConfig): boolean {
  return (
    notify.length > 0 ||
    heartbeat !== undefined ||
    mirrors.some((mirror) => mirror.heartbeat !== undefined)
  );
}

/** Messages of a running daemon. */
export interface Alerting extends Closable {
  readonly notifications: NotificationControl;
}

/**
 * Looks at the mirrors of a daemon until it is closed, and sends what there is to say. The mirrors never wait for it. `begins`: the
 * daemon has just started, which heartbeats report.
 */
export async function openAlerting(
  config: AlertingConfig,
  world: World,
  status: () => DaemonStatus,
  begins = true,
): Promise<Alerting> {
  const { clock, env, log, telemetry } = world;
  const deliveries = createDeliveries(clock);
  const stop = new AbortController();
  const poster = createPoster(world.env);
  const { post } = poster;
  const alerts = await alertsOf(config, world, { post, deliveries }, false);
  const heartbeats = heartbeatsOf(config, world, { post, deliveries });
  const looking = lookWhileOpen();
  const delivering = alerts.deliver(stop.signal);

  async function lookWhileOpen(): Promise<void> {
    try {
      if (begins) for (const heartbeat of heartbeats) void heartbeat.start(stop.signal);
      for (;;) {
        const statuses = status().mirrors.map(seenStatusOf);
        for (const heartbeat of heartbeats) void heartbeat.look(statuses, stop.signal);
        await alerts.observe(statuses);
        await clock.sleep(betweenLooks(config), stop.signal);
      }
    } catch (error) {
      if (!stop.signal.aborted) log.error('looking for alerts ended', { error });
    }
  }

  // A mirror that is in sync only between two looks has succeeded all the same.
  const unlisten = telemetry.listen(['state-changed'], ({ mirror, state }) => {
    if (state === 'in-sync') for (const heartbeat of heartbeats) heartbeat.inSync(mirror);
  });

  return {
    notifications: notificationControl({
      channels: config.notify,
      heartbeats: namedHeartbeats(config),
      deliveries,
      parts: { clock, env, post },
    }),
    async close() {
      unlisten();
      stop.abort(new Error('the daemon ends'));
      await Promise.all([looking, delivering]);
      await poster.close();
    },
  };
}

/** Reports the results of a one-shot run. */
export interface RunAlerting {
  /** Resolves when it is delivered, or kept for the next run because it could not be. Never rejects. */
  report(results: readonly OnceResult[]): Promise<void>;
}

/** Opened while the run holds the lock of the state folder. */
export async function openRunAlerting(config: AlertingConfig, world: World): Promise<RunAlerting> {
  const { clock } = world;
  const poster = createPoster(world.env);
  const sending = { post: poster.post, deliveries: createDeliveries(clock) };
  const alerts = await alertsOf(config, world, sending, true);
  const heartbeats = heartbeatsOf(config, world, sending);
  const ended = new AbortController();
  const starting = Promise.all(heartbeats.map((heartbeat) => heartbeat.start(ended.signal)));
  return {
    async report(results) {
      const cancel = clock.after(LAST_DELIVERIES_MS, () =>
        ended.abort(new Error('the run does not wait any longer')),
      );
      try {
        const statuses = results.map((result) => seenResult(result, config.mirrors));
        await starting; // a receiver counts what lies between start and success
        await Promise.all([
          alerts.observe(statuses).then(() => alerts.deliverAll(ended.signal)),
          ...heartbeats.map((heartbeat) => heartbeat.ended(statuses, ended.signal)),
        ]);
      } finally {
        cancel();
        await poster.close();
      }
    },
  };
}

function alertsOf(
  { notify, mirrors, stateFolder }: AlertingConfig,
  { clock, log, env, random }: World,
  sending: Sending,
  atOnce: boolean,
): Promise<Alerts> {
  return openAlerts({
    channels: notify,
    mirrors: mirrors.map(({ name }) => name),
    stateFolder,
    atOnce,
    parts: { clock, log, env, random, ...sending },
  });
}

function heartbeatsOf(
  config: AlertingConfig,
  { clock, log }: World,
  { post, deliveries }: Sending,
): readonly Heartbeat[] {
  return namedHeartbeats(config).map(({ name, settings, mirrors }) =>
    createHeartbeat({
      settings,
      mirrors,
      post: (request, signal) => deliveries.note(name, () => post(request, signal), signal),
      clock,
      log,
    }),
  );
}

/** That of all mirrors, and those of single ones. */
function namedHeartbeats({ heartbeat, mirrors }: AlertingConfig): readonly NamedHeartbeat[] {
  const ofOne = ({ name, heartbeat: settings }: MirrorConfig) =>
    settings === undefined ? [] : [{ name: `heartbeat of ${name}`, settings, mirrors: [name] }];
  const all = mirrors.map(({ name }) => name);
  const ofAll =
    heartbeat === undefined ? [] : [{ name: 'heartbeat', settings: heartbeat, mirrors: all }];
  return [...ofAll, ...mirrors.flatMap(ofOne)];
}

/** A channel with a short `after`, and a heartbeat with a short interval, are looked for more often. */
function betweenLooks({ notify, heartbeat, mirrors }: AlertingConfig): number {
  const intervals = [
    ...notify.map(({ after }) => after),
    ...[heartbeat, ...mirrors.map((mirror) => mirror.heartbeat)].flatMap(
      (each) => each?.every ?? [],
    ),
  ];
  return Math.max(SHORTEST_LOOK_MS, Math.min(LOOK_MS, ...intervals.map((ms) => ms / 4)));
}

function seenResult(
  { mirror, report, complete, error }: OnceResult,
  mirrors: readonly MirrorConfig[],
): SeenStatus {
  const maxLagMs = mirrors.find(({ name }) => name === mirror)?.maxLagMs ?? 0;
  const partial = complete ? '' : 'a part of the source could not be read';
  const left =
    error === undefined ? stateLeft(report.held, report.failed, partial) : conditionOf(error);
  return {
    mirror,
    ...left,
    lagSeconds: error === undefined && complete ? 0 : null,
    maxLagSeconds: maxLagMs === 0 ? null : maxLagMs / 1000,
    heldSinceMs: null,
    heldWhy: '',
    failing: 0,
    damaged: 0,
  };
}

function stateLeft(
  held: number,
  failed: number,
  partial: string,
): Pick<SeenStatus, 'state' | 'why'> {
  if (failed > 0) return { state: 'failing', why: `${failed} objects failed` };
  if (partial !== '') return { state: 'failing', why: partial };
  if (held > 0) return { state: 'held', why: `${held} changes wait for a decision` };
  return { state: 'in-sync', why: '' };
}
