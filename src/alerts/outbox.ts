import type { Clock } from '../clock.js';
import { createCondition } from '../condition.js';
import type { Logger } from '../log.js';
import { backoffMs } from '../sync/backoff.js';
import type { Channel } from './channel.js';
import type { Message } from './message.js';

/** The messages of one channel that wait to be delivered, one after the other. */
export interface Outbox {
  /** Queues a message, which is not delivered before `release`. */
  add(message: Message): void;
  /** What was queued so far may be delivered. */
  release(): void;
  /** All that is not delivered yet. */
  waiting(): readonly Message[];
  /** Delivers, and waits for further messages, until the signal is aborted. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Resolves when nothing waits any more, or when the signal is aborted. Never rejects. */
  empty(signal: AbortSignal): Promise<void>;
}

export interface OutboxOptions {
  readonly channel: Channel;
  /** Messages of an earlier process. */
  readonly kept: readonly Message[];
  /** Called after a message was delivered or dropped. */
  readonly changed: () => Promise<void>;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly random: () => number;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** More would be news of the day before yesterday. */
const MOST_WAITING = 100;
const EXPIRES_MS = 24 * 3_600_000;
const BACKOFF = { firstMs: 2_000, limitMs: 15 * 60_000 };

export function createOutbox(options: OutboxOptions): Outbox {
  const { channel, clock, log } = options;
  const waiting = [...options.kept];
  const held: Message[] = [];
  const added = createCondition();
  let failures = 0;

  function drop(message: Message, why: string): void {
    log.error('notification dropped', { ...fieldsOf(channel, message), why });
  }

  /** Delivers the first message, or waits before the next attempt. */
  async function step(message: Message, signal: AbortSignal): Promise<void> {
    const isExpired = Math.abs(clock.now() - message.atMs) > EXPIRES_MS;
    if (isExpired) drop(message, 'it could not be delivered for a day');
    else if (!(await deliver(message, signal))) return;
    const at = waiting.indexOf(message);
    if (at >= 0) waiting.splice(at, 1);
    await options.changed();
  }

  async function deliver(message: Message, signal: AbortSignal): Promise<boolean> {
    try {
      await channel.deliver(message, signal);
      failures = 0;
      log.info('notification sent', fieldsOf(channel, message));
      return true;
    } catch (error) {
      signal.throwIfAborted();
      failures += 1;
      if (failures === 1) log.warn('notification failed', { ...fieldsOf(channel, message), error });
      await clock.sleep(backoffMs(failures, BACKOFF, options.random()), signal);
      return false;
    }
  }

  async function empty(signal: AbortSignal): Promise<void> {
    for (let message = waiting[0]; message !== undefined; [message] = waiting)
      await step(message, signal);
  }

  return {
    add: (message) => void held.push(message),
    release() {
      if (held.length === 0) return;
      waiting.push(...held.splice(0));
      for (const each of waiting.splice(0, waiting.length - MOST_WAITING))
        drop(each, `more than ${MOST_WAITING} messages wait`);
      added.notifyAll();
    },
    waiting: () => [...waiting, ...held],
    async run(signal) {
      while (!signal.aborted) {
        await unlessAborted(empty(signal), signal);
        if (waiting.length === 0) await unlessAborted(added.wait(signal), signal);
      }
    },
    empty: (signal) => unlessAborted(empty(signal), signal),
  };
}

async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function fieldsOf({ name }: Channel, { kind, mirror, condition }: Message) {
  return { channel: name, kind, mirror, condition };
}
