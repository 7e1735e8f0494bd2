import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import type { Clock } from '../clock.js';
import type { ChannelConfig, HeartbeatSettings } from '../config/notify.js';
import { childController } from '../signal.js';
import { RefusedError } from '../status/api.js';
import type { NotificationControl } from '../status/api-notification-routes.js';
import type { NotificationRow } from '../status/schema-notifications.js';
import { duration } from '../status/units.js';
import { type ChannelParts, openChannel } from './channel.js';
import type { Deliveries } from './deliveries.js';
import { DeliveryError } from './delivery-error.js';
import { testMessage } from './message.js';
import { receiverUrl } from './receiver-url.js';

/** A heartbeat of all mirrors, or of one. */
export interface NamedHeartbeat {
  /** `heartbeat`, or `heartbeat of MIRROR`. */
  readonly name: string;
  readonly settings: HeartbeatSettings;
  readonly mirrors: readonly string[];
}

export interface NotificationsOptions {
  readonly channels: readonly ChannelConfig[];
  readonly heartbeats: readonly NamedHeartbeat[];
  readonly deliveries: Deliveries;
  readonly parts: ChannelParts & { readonly clock: Pick<Clock, 'now'> };
}

/** A test has an answer within this, whatever the channel's own time is. */
const TEST_MS = 8_000;

/** What is sent to whom, how that went last, and a test of it. */
export function notificationControl(options: NotificationsOptions): NotificationControl {
  const { channels, heartbeats, deliveries, parts } = options;
  const { clock } = parts;

  async function test(config: ChannelConfig, signal: AbortSignal) {
    const { controller, unlink } = childController(signal);
    const late = new DeliveryError(`not delivered within ${TEST_MS / 1_000} s`);
    const cancel = clock.after(TEST_MS, () => controller.abort(late));
    const message = testMessage({ id: randomUUID(), host: hostname(), atMs: clock.now() });
    const channel = openChannel(config, parts);
    const send = () => channel.deliver(message, controller.signal);
    try {
      await deliveries.note(config.name, send, signal).catch(() => signal.throwIfAborted());
    } finally {
      cancel();
      unlink();
    }
    const { ok, detail } = deliveries.last(config.name) ?? {
      ok: false,
      detail: 'nothing was sent',
    };
    return { ok, detail };
  }

  return {
    list: () => [
      ...heartbeats.map((one) => rowOf(one.name, heartbeatFacts(one), deliveries)),
      ...channels.map((one) => rowOf(one.name, channelFacts(one), deliveries)),
    ],
    async test(name, signal) {
      if (heartbeats.some((one) => one.name === name))
        throw new RefusedError(
          409,
          'a heartbeat is called only after success: a test of it would say that all is well',
        );
      const config = channels.find((one) => one.name === name);
      return config && (await test(config, signal));
    },
  };
}

type Facts = Pick<NotificationRow, 'kind' | 'on' | 'to' | 'canTest'>;

function rowOf(name: string, facts: Facts, deliveries: Deliveries): NotificationRow {
  const { atMs = null, ok = null, detail = '' } = deliveries.last(name) ?? {};
  return { name, ...facts, lastMs: atMs, ok, detail };
}

function heartbeatFacts({ settings: { url, every, form }, mirrors }: NamedHeartbeat): Facts {
  const whose = mirrors.length === 1 ? ` of ${mirrors[0]}` : '';
  return {
    kind: form,
    on: `after each success${whose}, at most every ${duration(every / 1_000)}`,
    to: hostOf(() => receiverUrl(url).host),
    canTest: false,
  };
}

function channelFacts(config: ChannelConfig): Facts {
  const { kind, states, after, remind, mirrors } = config;
  const whose = mirrors === undefined ? '' : ` of ${mirrors.join(', ')}`;
  const again = remind === 0 ? '' : `; again every ${duration(remind / 1_000)}`;
  const lasting = after === 0 ? 'at once' : `after ${duration(after / 1_000)}`;
  return {
    kind,
    on: `${states.join(', ')}${whose}: ${lasting}${again}`,
    to: receiverOf(config),
    canTest: true,
  };
}

/** A host, or a program's own name: no path and no query, which are secrets at many services. */
function receiverOf({ kind, url, smtp, sendmail, run }: ChannelConfig): string | null {
  if (kind === 'mail') return smtp?.host ?? basename(sendmail ?? 'sendmail');
  if (kind === 'command') return basename(run?.[0] ?? '');
  return hostOf(() => receiverUrl(url).host);
}

/** Null where the secret is not there: the delivery says why. */
function hostOf(find: () => string): string | null {
  try {
    return find();
  } catch {
    return null;
  }
}
