import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { orAborted } from '../signal.js';
import type { RedisConnection } from './redis.js';
import { RedisUnfitError } from './redis-trouble.js';

const CONNECT_EVERY_MS = 500;

/** Resolves when Redis is there and fit for a queue, or `signal` is aborted. Rejects with RedisUnfitError. */
export async function whenConnected(
  redis: RedisConnection,
  clock: Clock,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  let isReported = false;
  while (!redis.isUp() && !signal.aborted) {
    const error = redis.trouble();
    if (error instanceof RedisUnfitError) throw error;
    if (error !== undefined && !isReported) {
      log.warn('queue away', { error });
      isReported = true;
    }
    await clock.sleep(CONNECT_EVERY_MS, signal).catch(() => {});
  }
  await orAborted(redis.prove(), signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
