import type { Clock } from './clock.js';
import { escapeUnprintable } from './log/printable.js';
import type { Logger } from './log.js';
import { type Env, watchdogMs } from './notify/env.js';
import { type Send, systemdNotify } from './notify/send.js';
import { createStallWatch, type Progress } from './notify/stall.js';

export type { Progress };

/** What systemd is told. No method rejects: a service that cannot talk to systemd still mirrors. */
export interface Notifier {
  /** The service is up: every mirror watches. Also ends `reloading`. */
  ready(): Promise<void>;
  /** One line for `systemctl status`. Sent at most every ten seconds, the newest text only. */
  status(text: string): void;
  reloading(): Promise<void>;
  stopping(): Promise<void>;
  /** Stops feeding the watchdog and waits for the messages under way. */
  close(): Promise<void>;
}

export interface NotifierOptions {
  readonly env: Env;
  readonly pid: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly progress: () => Progress;
  /** Due work that has not moved for so long is a stall: the watchdog is not fed, and systemd restarts the service. */
  readonly stallMs?: number;
}

const STATUS_EVERY_MS = 10_000;
const LONGEST_STATUS = 300;

/** Far above any pause that a provider, a disk or a proxy was seen to make; a restart in mid-upload costs more than waiting. */
const STALL_MS = 30 * 60_000;

const silent: Notifier = {
  ready: async () => {},
  status: () => {},
  reloading: async () => {},
  stopping: async () => {},
  close: async () => {},
};

/** Talks to systemd where it listens (NOTIFY_SOCKET); elsewhere does nothing at no cost. */
export function openNotifier({ env, pid, clock, log, progress, stallMs = STALL_MS }: NotifierOptions): Notifier {
  if (env.NOTIFY_SOCKET === undefined || env.NOTIFY_SOCKET === '') return silent;
  const post = createPost(systemdNotify(env), log);
  const status = createStatusLine(clock, post);
  const stop = new AbortController();
  const feeding = feedWatchdog(stop.signal);

  async function feedWatchdog(signal: AbortSignal): Promise<void> {
    const intervalMs = watchdogMs(env, pid);
    if (intervalMs === undefined) return;
    const isMoving = createStallWatch(clock, stallMs);
    try {
      for (;;) {
        await clock.sleep(intervalMs / 2, signal); // a blocked event loop does not come back from here in time
        const now = progress();
        if (isMoving(now)) await post(['WATCHDOG=1', ...status.take()]);
        else log.error('no progress, watchdog not fed', { steps: now.steps, stallSeconds: stallMs / 1000 });
      }
    } catch (error) {
      if (!signal.aborted) log.error('watchdog feeding ended, systemd will restart the service', { error });
    }
  }

  return {
    ready: () => post(['READY=1', ...status.take()]),
    status: (text) => status.set(text),
    reloading: () => post(['RELOADING=1', ...status.take()]),
    stopping: () => post(['STOPPING=1', ...status.take()]),
    async close() {
      stop.abort();
      status.close();
      await feeding;
      await post([]);
    },
  };
}

type Post = (assignments: readonly string[]) => Promise<void>;

/** One message after another, so that systemd hears them in order; a failure is logged once, until one gets through again. */
function createPost(send: Send, log: Logger): Post {
  let last: Promise<void> = Promise.resolve();
  let failing = false;

  async function deliver(assignments: readonly string[]): Promise<void> {
    if (assignments.length === 0) return;
    try {
      await send(assignments);
      failing = false;
    } catch (error) {
      if (!failing) log.warn('systemd notification failed', { message: assignments.join(' '), error });
      failing = true;
    }
  }

  return (assignments) => {
    last = last.then(() => deliver(assignments));
    return last;
  };
}

/** The newest status text, sent when the last one is old enough or along with another message. */
function createStatusLine(clock: Clock, post: Post) {
  let told = '';
  let waiting: string | undefined;
  let cancel: (() => void) | undefined;
  let toldAtMs = Number.NEGATIVE_INFINITY;

  function take(): readonly string[] {
    cancel?.();
    cancel = undefined;
    if (waiting === undefined) return [];
    told = waiting;
    waiting = undefined;
    toldAtMs = clock.monotonic();
    return [`STATUS=${told}`];
  }

  return {
    take,
    set(text: string): void {
      const line = escapeUnprintable(text).slice(0, LONGEST_STATUS); // a raw newline would begin another assignment
      waiting = line === told ? undefined : line;
      if (waiting === undefined || cancel !== undefined) return;
      cancel = clock.after(Math.max(0, toldAtMs + STATUS_EVERY_MS - clock.monotonic()), () => void post(take()));
    },
    close(): void {
      cancel?.();
    },
  };
}
