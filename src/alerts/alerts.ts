import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import type { ChannelConfig } from '../config/notify.js';
import type { Logger } from '../log.js';
import { ALERT_FILE, type KeptAlerts, readAlerts, writeAlerts } from './alert-file.js';
import { type AlertRule, type AlertState, alertStep, QUIET, unseenFor } from './alert-step.js';
import { type Channel, openChannel } from './channel.js';
import type { Deliveries } from './deliveries.js';
import { messageOf } from './message.js';
import { createOutbox, type Outbox } from './outbox.js';
import type { Post } from './post.js';
import { type SeenStatus, seeMirror } from './seen.js';

/** Sends messages about mirrors that need a person. */
export interface Alerts {
  /** Takes in how mirrors are now, and queues what there is to say. Resolves when that is kept. Never rejects. */
  observe(statuses: readonly SeenStatus[]): Promise<void>;
  /** Delivers until the signal is aborted; what waits then is delivered after the next start. Never rejects. */
  deliver(signal: AbortSignal): Promise<void>;
  /** Resolves when everything is delivered, or when the signal is aborted. Never rejects. */
  deliverAll(signal: AbortSignal): Promise<void>;
}

export interface AlertsOptions {
  readonly channels: readonly ChannelConfig[];
  /** Of the configuration: what was kept of others is forgotten. */
  readonly mirrors: readonly string[];
  /** The caller holds its lock. */
  readonly stateFolder: string;
  /** A one-shot run reports its result at once. */
  readonly atOnce: boolean;
  readonly parts: AlertParts;
}

export interface AlertParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly random: () => number;
  readonly post: Post;
  readonly deliveries: Deliveries;
}

/** A channel with what it has said of each mirror. */
interface Speaker {
  readonly config: ChannelConfig;
  readonly rule: AlertRule;
  /** By mirror: the state, and when it was of that age, in milliseconds of the monotonic clock. */
  readonly states: Map<string, { readonly state: AlertState; readonly atMs: number }>;
  readonly outbox: Outbox;
}

export async function openAlerts(options: AlertsOptions): Promise<Alerts> {
  const { stateFolder, parts } = options;
  const { clock, log } = parts;
  const path = join(stateFolder, ALERT_FILE);
  const kept = await readAlerts(path, log);
  let saving: Promise<void> = Promise.resolve();
  const save = (): Promise<void> => {
    saving = saving.then(() => writeAlerts(path, keptOf(speakers, clock), log));
    return saving;
  };
  const speakers = options.channels.map((config) => openSpeaker(config, options, kept, save));

  return {
    async observe(statuses) {
      const news = speakers.flatMap((speaker) =>
        statuses.filter((status) => hear(speaker, status, parts)),
      );
      if (news.length > 0) await save();
      // Only what is kept is sent: a process that is killed now says it after its next start.
      for (const { outbox } of speakers) outbox.release();
    },
    async deliver(signal) {
      await Promise.all(speakers.map(({ outbox }) => outbox.run(signal)));
      await saving;
    },
    async deliverAll(signal) {
      await Promise.all(speakers.map(({ outbox }) => outbox.empty(signal)));
      await saving;
    },
  };
}

function openSpeaker(
  config: ChannelConfig,
  { mirrors, atOnce, parts }: AlertsOptions,
  kept: KeptAlerts | undefined,
  changed: () => Promise<void>,
): Speaker {
  const { clock, random, log } = parts;
  const { mirrors: states = {}, waiting = [] } = kept?.channels[config.name] ?? {};
  const unseenMs = Math.max(0, clock.now() - (kept?.savedAtMs ?? 0));
  const atMs = clock.monotonic();
  const known = Object.entries(states).filter(([mirror]) => mirrors.includes(mirror));
  return {
    config,
    rule: { afterMs: atOnce ? 0 : config.after, remindMs: config.remind },
    states: new Map(
      known.map(([mirror, state]) => [mirror, { state: unseenFor(state, unseenMs), atMs }]),
    ),
    outbox: createOutbox({
      channel: noted(openChannel(config, parts), parts.deliveries),
      kept: waiting,
      changed,
      clock,
      random,
      log,
    }),
  };
}

function noted({ name, deliver }: Channel, { note }: Deliveries): Channel {
  return {
    name,
    deliver: (message, signal) => note(name, () => deliver(message, signal), signal),
  };
}

/** Takes in one mirror. Returns whether there is something new to be kept. */
function hear(
  { config, rule, states, outbox }: Speaker,
  status: SeenStatus,
  { clock }: AlertParts,
): boolean {
  const { mirror } = status;
  if (config.mirrors !== undefined && !config.mirrors.includes(mirror)) return false;
  const nowMs = clock.monotonic();
  const { state: before, atMs } = states.get(mirror) ?? { state: QUIET, atMs: nowMs };
  const seen = seeMirror(status, config.states);
  const { state, message } = alertStep(before, seen, nowMs - atMs, rule);
  states.set(mirror, { state, atMs: nowMs });
  if (message !== undefined) {
    const facts = { id: randomUUID(), mirror, host: hostname(), atMs: clock.now() };
    outbox.add(messageOf(message, seen, facts));
  }
  return message !== undefined || isAnother(before, state);
}

/** Whether a restart must know of it; that time has passed it works out by itself. */
function isAnother(before: AlertState, after: AlertState): boolean {
  if (before.phase === 'quiet' || after.phase === 'quiet') return before.phase !== after.phase;
  return before.phase !== after.phase || before.condition !== after.condition;
}

function keptOf(speakers: readonly Speaker[], clock: Clock): KeptAlerts {
  const nowMs = clock.monotonic();
  const channels = speakers.map(({ config, states, outbox }) => {
    const mirrors = [...states].flatMap(([mirror, { state, atMs }]) =>
      state.phase === 'quiet' ? [] : [[mirror, unseenFor(state, nowMs - atMs)] as const],
    );
    return [
      config.name,
      { mirrors: Object.fromEntries(mirrors), waiting: [...outbox.waiting()] },
    ] as const;
  });
  return { savedAtMs: clock.now(), channels: Object.fromEntries(channels) };
}
