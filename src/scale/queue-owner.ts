import type { QueueNames } from './queue-names.js';
import type { RedisConnection } from './redis.js';
import { RedisUnfitError } from './redis-trouble.js';

/** Without a renewal for so long, another daemon may have the name. Milliseconds. */
const OWNED_MS = 30_000;

const CLAIM = `
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return owner end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false`;

const LEAVE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`;

type Scripts = Pick<RedisConnection, 'eval'>;

/**
 * Makes `self` the daemon of this name for the next 30 s, as two of one name would take each other's answers. Rejects with
 * RedisUnfitError where another one is.
 */
export async function claimName(
  redis: Scripts,
  { owner, daemon }: QueueNames,
  self: string,
): Promise<void> {
  const other = await redis.eval(CLAIM, [owner], [self, OWNED_MS]);
  if (other === null) return;
  throw new RedisUnfitError(
    `another daemon is called ${daemon} in this Redis (${String(other)}): give one of them a name of its own, queue.name, and its workers the same`,
  );
}

export async function leaveName(
  redis: Scripts,
  { owner }: Pick<QueueNames, 'owner'>,
  self: string,
): Promise<void> {
  await redis.eval(LEAVE, [owner], [self]);
}
