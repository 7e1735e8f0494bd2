import { type Clock, machineMicroseconds } from './clock.js';
import type { Logger } from './log.js';
import { type Env, watchdogMs } from './notify/env.js';
import { type Sender, systemdSender } from './notify/send.js';
import { createStallWatch, type WorkProgress } from './notify/stall.js';
import { escapeUnprintable } from './printable.js';

/** Messages to systemd. No method rejects: a service that cannot reach systemd still mirrors. */
export interface Notifier {
  /** The service is up: every mirror watches. Also ends `reloading`. */
  ready(): Promise<void>;
  /** The configuration is being loaded again, until `ready`. For `Type=notify-reload` with the time, see sd_notify(3). */
  reloading(): Promise<void>;
  /** The service is going down and may take `withinMs` for it, whatever the unit's TimeoutStopSec says. */
  stopping(withinMs: number): Promise<void>;
  /** Stops feeding the watchdog, and resolves when all messages are sent, the last status included. */
  close(): Promise<void>;
}

export interface NotifierOptions {
  readonly env: Env;
  readonly pid: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** One line for `systemctl status`. Asked every ten seconds and with each message; sent when it has changed. */
  readonly status: () => string;
  /** Asked twice in each interval of the unit's WatchdogSec. */
  readonly progress: () => WorkProgress;
  /** Milliseconds without progress of due work after which the watchdog is not fed and systemd restarts the service. */
  readonly stallMs?: number;
}

const STATUS_EVERY_MS = 10_000;
const LONGEST_STATUS = 300;

/** Far above any pause of a provider, a disk or a proxy; a restart in the middle of an upload costs more than waiting. */
const STALL_MS = 30 * 60_000;

const silent: Notifier = {
  ready: async () => {},
  reloading: async () => {},
  stopping: async () => {},
  close: async () => {},
};

/** Talks to systemd where it listens (NOTIFY_SOCKET); elsewhere does nothing at no cost. */
export function openNotifier(options: NotifierOptions): Notifier {
  const { env, clock, log } = options;
  if (env.NOTIFY_SOCKET === undefined || env.NOTIFY_SOCKET === '') return silent;
  const sender = systemdSender(env);
  const post = createPost(options, sender);
  const stop = new AbortController();
  const ends = [every(STATUS_EVERY_MS, () => post([])), feedWatchdog(options, post, every)];

  /** Until the notifier is closed. A blocked event loop does not come here in time, which is what the watchdog is for. */
  async function every(ms: number, run: () => Promise<void>): Promise<void> {
    try {
      for (;;) {
        await clock.sleep(ms, stop.signal);
        await run();
      }
    } catch (error) {
      if (!stop.signal.aborted) log.error('talking to systemd ended', { error });
    }
  }

  return {
    ready: () => post(['READY=1']),
    reloading: () => post(['RELOADING=1', `MONOTONIC_USEC=${machineMicroseconds()}`]),
    stopping: (withinMs) =>
      post(['STOPPING=1', `EXTEND_TIMEOUT_USEC=${Math.ceil(withinMs) * 1000}`]),
    async close() {
      stop.abort();
      await Promise.all(ends);
      await post([]);
      sender.close();
    },
  };
}

type Post = (assignments: readonly string[]) => Promise<void>;

async function feedWatchdog(
  { env, pid, clock, log, progress, stallMs = STALL_MS }: NotifierOptions,
  post: Post,
  every: (ms: number, run: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const intervalMs = watchdogMs(env, pid);
  if (intervalMs === undefined) return;
  const isMoving = createStallWatch(clock, stallMs);
  await every(intervalMs / 2, async () => {
    const now = progress();
    if (isMoving(now)) await post(['WATCHDOG=1']);
    else
      log.error('no progress, watchdog not fed', {
        steps: now.steps,
        stallSeconds: stallMs / 1000,
      });
  });
}

/**
 * One message after another, so that systemd hears them in order, each with the status if that has changed. A failure is
 * logged once, until a message gets through again.
 */
function createPost(
  { log, status }: Pick<NotifierOptions, 'log' | 'status'>,
  { send }: Sender,
): Post {
  let last: Promise<void> = Promise.resolve();
  let reported = '';
  let failing = false;

  function statusText(): string {
    try {
      return escapeUnprintable(status()).slice(0, LONGEST_STATUS); // a raw newline would begin another assignment
    } catch (error) {
      log.error('status failed', { error });
      return reported;
    }
  }

  async function deliver(assignments: readonly string[]): Promise<void> {
    const text = statusText();
    const message = text === reported ? assignments : [...assignments, `STATUS=${text}`];
    if (message.length === 0) return;
    await send(message);
    reported = text;
    failing = false;
  }

  function complain(error: unknown): void {
    if (!failing) log.warn('systemd notification failed', { error });
    failing = true;
  }

  return (assignments) => {
    last = last.then(() => deliver(assignments)).catch(complain);
    return last;
  };
}
