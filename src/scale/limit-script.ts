import { SAVED_SECONDS } from '../drivers/layers/bucket.js';

/** What the shared limits need of Redis; keys begin with `longshore:`. Rejects while Redis is away. */
export interface LimitRedis {
  /** https://redis.io/docs/latest/commands/eval/ */
  eval(script: string, keys: string[], args: (string | number)[]): Promise<unknown>;
}

/** A question to Redis on behalf of one process. */
export interface LimitQuestion {
  /** The key of the bucket; see `keysOf`. */
  readonly bucket: string;
  /** What passes each second over all processes; 0 where nothing is to be drawn. */
  readonly perSecond: number;
  /** What is to be drawn; 0: nothing. */
  readonly amount: number;
  /** How long no process may begin calls from now on, in milliseconds; 0: no change. */
  readonly holdMs: number;
}

export interface LimitAnswer {
  readonly drawn: boolean;
  /** Until a draw can succeed, in milliseconds, as far as no other process is faster. */
  readonly waitMs: number;
  /** Until calls may begin, in milliseconds; 0: they may. */
  readonly heldMs: number;
  /** Processes that share the limits, this one included. */
  readonly members: number;
}

/** A process that has not been heard of for this long keeps its share, as it may be cut off from Redis and go on with it. */
const SILENT_MS = 6_000;
/** After this time without a word it counts no more: without Redis a worker ends by its fence within 18 s. */
const GONE_MS = 60_000;
/** Nothing is left of a target that is not used any more. */
const KEPT_MS = 600_000;

/**
 * The token bucket of drivers/layers/bucket.ts on the clock of Redis. KEYS: the bucket, the members, the hold. ARGV: rate for each
 * second, amount, member, hold in milliseconds, share of a second that is saved. Returns drawn (0 or 1), the wait and the hold in
 * whole milliseconds, and the members. A member that fell silent may be at work with its share: the others get the rest.
 */
const SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[2], now, ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ${GONE_MS})
redis.call('PEXPIRE', KEYS[2], ${KEPT_MS})
local members = redis.call('ZCARD', KEYS[2])
local heard = redis.call('ZCOUNT', KEYS[2], now - ${SILENT_MS}, '+inf')
local held = math.max(0, tonumber(redis.call('GET', KEYS[3]) or now) - now)
local hold = tonumber(ARGV[4])
if hold > held then
  held = hold
  redis.call('SET', KEYS[3], string.format('%.0f', now + hold), 'PX', hold)
end
local amount = tonumber(ARGV[2])
if amount <= 0 or held > 0 then return { 0, held, held, members } end
local perMs = tonumber(ARGV[1]) * heard / members / 1000
local level = tonumber(redis.call('HGET', KEYS[1], 'level') or 0)
local at = tonumber(redis.call('HGET', KEYS[1], 'at') or now)
level = math.min(level + perMs * math.max(0, now - at), perMs * 1000 * ARGV[5])
local drawn = 0
local wait = 0
if level < 0 then wait = math.ceil(-level / perMs) else
  drawn = 1
  level = level - amount
end
redis.call('HSET', KEYS[1], 'level', string.format('%.6f', level), 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], ${KEPT_MS} + math.ceil(math.max(0, -level) / perMs))
return { drawn, wait, 0, members }
`;

const FORGET = "return redis.call('ZREM', KEYS[1], ARGV[1])";

/** The keys of a target's limits: `scope` is the daemon that owns it. */
export function keysOf(scope: string, target: string) {
  const place = `longshore:limit:${scope}/${target}`;
  return {
    bucketOf: (kind: string) => `${place}:${kind}`,
    members: `${place}:members`,
    hold: `${place}:hold`,
  };
}

/** Rejects with the errors of Redis, and with an Error for an answer that is none. */
export async function askLimits(
  redis: LimitRedis,
  { members, hold }: { readonly members: string; readonly hold: string },
  member: string,
  { bucket, perSecond, amount, holdMs }: LimitQuestion,
): Promise<LimitAnswer> {
  const keys = [bucket, members, hold];
  const args = [perSecond, amount, member, Math.ceil(holdMs), SAVED_SECONDS];
  const answer = await redis.eval(SCRIPT, keys, args);
  const numbers: readonly unknown[] = Array.isArray(answer) ? answer : [];
  const [drawn, waitMs, heldMs, count] = numbers.map(Number);
  if (!isAmount(drawn) || !isAmount(waitMs) || !isAmount(heldMs) || !isAmount(count) || count < 1)
    throw new Error('Redis gave no answer of the limits');
  return { drawn: drawn === 1, waitMs, heldMs, members: count };
}

/** The process shares the limits no more. */
export async function leaveLimits(
  redis: LimitRedis,
  { members }: { readonly members: string },
  member: string,
): Promise<void> {
  await redis.eval(FORGET, [members], [member]);
}

function isAmount(value: number | undefined): value is number {
  return value !== undefined && value >= 0 && value < Number.POSITIVE_INFINITY;
}
