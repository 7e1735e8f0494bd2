import type { Clock } from '../clock.js';
import type { RedisConnection } from './redis.js';

export interface EventsOptions {
  /** A connection of its own, which is disconnected at the end. */
  readonly client: ReturnType<RedisConnection['openWaiting']>;
  /** The stream of a queue's events. */
  readonly key: string;
  /** A job has ended. Called soon, but not surely. */
  readonly ended: () => void;
  readonly clock: Pick<Clock, 'sleep'>;
}

const WAIT_MS = 10_000;
const AGAIN_MS = 2_000;

/**
 * Follows the events of a queue. BullMQ's own QueueEvents cannot be closed before Redis has let it in, and parses each answer,
 * which is read from the job anyway. Returns what ends it.
 */
export function followEvents({ client, key, ended, clock }: EventsOptions): () => void {
  const stop = new AbortController();
  void follow();

  async function follow(): Promise<void> {
    let last = '$';
    while (!stop.signal.aborted) {
      try {
        const [stream] = (await client.xread('BLOCK', WAIT_MS, 'STREAMS', key, last)) ?? [];
        for (const [id, fields] of stream?.[1] ?? []) {
          last = id;
          if (isEnd(fields)) ended();
        }
      } catch {
        // Whatever it is, regular looks find what has ended.
        await clock.sleep(AGAIN_MS, stop.signal).catch(() => {});
      }
    }
  }

  return () => {
    stop.abort(new Error('the queue is closed'));
    client.disconnect();
  };
}

/** Names and values in turn. */
function isEnd(fields: readonly string[]): boolean {
  const event = fields[fields.indexOf('event') + 1];
  return event === 'completed' || event === 'failed';
}
