import type { Clock } from '../clock.js';
import type { Alarm, HeartbeatSettings } from '../config/notify.js';
import type { Logger } from '../log.js';
import { STOPPED_STATES } from '../sync/mirror-states.js';
import { type HeartbeatCall, heartbeatStep, heartbeatUrl } from './heartbeat-step.js';
import type { Post } from './post.js';
import { receiverUrl } from './receiver-url.js';
import { type SeenStatus, seeMirror } from './seen.js';

/** A URL that is called while some mirrors are well. */
export interface Heartbeat {
  /** The program, or a one-shot run, begins. Never rejects. */
  start(signal: AbortSignal): Promise<void>;
  /** Takes in how mirrors are now, and calls the URL when its interval is over. Never rejects. */
  look(statuses: readonly SeenStatus[], signal: AbortSignal): Promise<void>;
  /** The mirror is in sync now, perhaps only for a moment. */
  inSync(mirror: string): void;
  /** A one-shot run of these mirrors has ended. Never rejects. */
  ended(statuses: readonly SeenStatus[], signal: AbortSignal): Promise<void>;
}

export interface HeartbeatOptions {
  readonly settings: HeartbeatSettings;
  /** Names of the mirrors that it is about. */
  readonly mirrors: readonly string[];
  readonly post: Post;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Pick<Logger, 'warn' | 'debug'>;
}

/** States that are no success. */
const WRONG: readonly Alarm[] = ['behind', 'held', 'failing', 'damaged', ...STOPPED_STATES];

const LONGEST_TEXT = 200;

export function createHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { settings, mirrors, clock } = options;
  const { form, every } = settings;
  const well = new Set<string>();
  /** Mirrors that were looked at, and whether they were wrong each time. */
  const looked = new Map<string, boolean>();
  let before: HeartbeatCall | undefined;
  let calledAtMs = clock.monotonic();

  /** Returns what is wrong, as text. */
  function take(statuses: readonly SeenStatus[]): string {
    const wrong = statuses.flatMap((status) => {
      const { mirror } = status;
      if (!mirrors.includes(mirror)) return [];
      const { kind, condition } = seeMirror(status, WRONG);
      if (kind === 'well') well.add(mirror);
      looked.set(mirror, kind === 'wrong' && (looked.get(mirror) ?? true));
      return kind === 'wrong' ? [`${mirror} is ${condition}`] : [];
    });
    return wrong.join('; ').slice(0, LONGEST_TEXT);
  }

  async function settle(text: string, signal: AbortSignal): Promise<void> {
    const look = {
      succeeded: mirrors.every((mirror) => well.has(mirror)),
      failed: [...looked.values()].includes(true),
    };
    well.clear();
    looked.clear();
    calledAtMs = clock.monotonic();
    const call = heartbeatStep(before, look, form);
    if (call === undefined) return;
    before = call;
    await send(options, call, text, signal);
  }

  return {
    start: (signal) => send(options, 'start', '', signal),
    async look(statuses, signal) {
      const text = take(statuses);
      if (clock.monotonic() - calledAtMs >= every) await settle(text, signal);
    },
    inSync(mirror) {
      if (!mirrors.includes(mirror)) return;
      well.add(mirror);
      looked.set(mirror, false);
    },
    ended: (statuses, signal) => settle(take(statuses), signal),
  };
}

/** A call that fails is not repeated: the next one comes by itself, and a receiver bears one that is missing. */
async function send(
  { settings, post, log }: HeartbeatOptions,
  call: HeartbeatCall,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    const url = heartbeatUrl(receiverUrl(settings.url), settings.form, call, text);
    if (url === undefined) return;
    const isLogged = settings.form === 'healthchecks' && text !== '';
    await post(
      { method: isLogged ? 'POST' : 'GET', url, headers: {}, ...(isLogged && { body: text }) },
      signal,
    );
    log.debug('heartbeat sent', { call });
  } catch (error) {
    if (!signal.aborted) log.warn('heartbeat failed', { call, error });
  }
}
