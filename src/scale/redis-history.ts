import type { RedisConnection } from './redis.js';

/**
 * Whether Redis surely has what it had. One that was started again may have been set back to an earlier moment, and another may
 * have its address: a job that a worker is at work on then waits there for its first one.
 */
export interface RedisHistory {
  /** Call it for each connection. Rejects as RedisConnection.prove. */
  prove(): Promise<void>;
  /** Whether the connection is the one that was proved last. Until then what is read from Redis may be older than what workers have done since. */
  isProven(): boolean;
}

/** `changed`: Redis may have been set back, or is another one. */
export function followHistory(
  redis: Pick<RedisConnection, 'prove' | 'connections'>,
  changed: () => void,
): RedisHistory {
  let known: string | undefined;
  let proven = 0;
  return {
    async prove() {
      const connection = redis.connections();
      const history = await redis.prove();
      // One that does not say which it is may be another one after each connection.
      const isSame = history === undefined ? connection === proven : history === known;
      if (proven > 0 && !isSame) changed();
      known = history;
      proven = connection;
    },
    isProven: () => proven > 0 && proven === redis.connections(),
  };
}
