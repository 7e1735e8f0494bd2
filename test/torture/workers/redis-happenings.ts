import type { Happening } from './happening.js';

const AWAY_S = 60;

export const redisKilled: Happening = {
  leastS: 1,
  async happen({ redis }) {
    await redis.kill();
    await redis.start();
    return true;
  },
};

export const redisAway: Happening = {
  leastS: AWAY_S,
  async happen({ redis, pause }) {
    await redis.kill();
    await pause(AWAY_S, AWAY_S);
    await redis.start();
    return true;
  },
};

export const redisEmptied: Happening = {
  leastS: 1,
  async happen({ redis }) {
    await redis.admin.flushall();
    return true;
  },
};

export const redisSetBack: Happening = {
  leastS: 1,
  async happen({ redis, pause }) {
    redis.keep();
    await pause(0.5, 4);
    await redis.setBack();
    return true;
  },
};

export const redisFrozen: Happening = {
  leastS: 5,
  async happen({ redis, pause }) {
    redis.freeze();
    await pause(5, AWAY_S);
    redis.thaw();
    return true;
  },
};

/** It has more than it may, so it takes nothing that would need memory: no job, no sign, no lock. */
export const redisFull: Happening = {
  leastS: 2,
  async happen({ redis, pause }) {
    await redis.admin.config('SET', 'maxmemory', '1mb');
    await pause(2, 40);
    await redis.admin.config('SET', 'maxmemory', '0');
    return true;
  },
};
