import * as z from '../config/zod.js';
import type { WorkerStatus } from './dispatcher.js';
import type { QueueNames } from './queue-names.js';
import type { RedisConnection } from './redis.js';

/** What a worker says of itself, every few seconds, so that the daemon knows how many there are and what they do. */
export type WorkerSign = Omit<WorkerStatus, 'lastSignAtMs'>;

/** A worker that has given no sign for so long counts as gone. By then its locks and its trust in them have ended as well. */
const SILENT_MS = 20_000;

const MOST = 1_000;
const text = z.string().max(4_096);
const count = z.number().min(0);
const signForm = z.object({
  id: text,
  host: text,
  version: text,
  protocol: z.int(),
  mirrors: z.array(text).max(MOST),
  jobs: count,
  objects: count,
  bytes: count,
  objectsPerSecond: count,
  refusals: z.array(z.object({ mirror: text, why: text })).max(MOST),
});

const PUT = `
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[3], redis.call('TIME')[1], ARGV[4])`;

const READ_PROTOCOLS = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', redis.call('TIME')[1] - ARGV[1])
return redis.call('ZRANGE', KEYS[1], 0, ARGV[2] - 1)`;

const READ = `
local found = {}
for _, worker in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local key = KEYS[1] .. ':' .. worker
  local sign = redis.call('GET', key)
  if sign then
    table.insert(found, { sign, redis.call('PTTL', key) })
  else
    redis.call('SREM', KEYS[1], worker)
  end
end
return found`;

const REMOVE = `
redis.call('DEL', KEYS[2])
redis.call('SREM', KEYS[1], ARGV[1])`;

type Scripts = Pick<RedisConnection, 'eval'>;

const keysOf = ({ workers }: QueueNames, id: string) => [workers, `${workers}:${id}`];

export async function putSign(redis: Scripts, names: QueueNames, sign: WorkerSign): Promise<void> {
  const { id, protocol } = sign;
  const keys = [...keysOf(names, id), names.protocols];
  await redis.eval(PUT, keys, [id, JSON.stringify(sign), SILENT_MS, protocol]);
}

/** The protocols of workers that gave a sign lately. */
export async function readProtocols(
  redis: Scripts,
  { protocols }: Pick<QueueNames, 'protocols'>,
): Promise<readonly number[]> {
  const found = await redis.eval(READ_PROTOCOLS, [protocols], [SILENT_MS / 1_000, MOST]);
  return (Array.isArray(found) ? found : []).map(Number).filter(Number.isSafeInteger);
}

/** The worker ends: its sign need not fade. */
export async function removeSign(redis: Scripts, names: QueueNames, id: string): Promise<void> {
  await redis.eval(REMOVE, keysOf(names, id), [id]);
}

/** The workers of a daemon. What is no sign of a worker is skipped. `nowMs`: milliseconds since the epoch. */
export async function readSigns(
  redis: Scripts,
  { workers }: Pick<QueueNames, 'workers'>,
  nowMs: number,
): Promise<readonly WorkerStatus[]> {
  const found = await redis.eval(READ, [workers], []);
  return (Array.isArray(found) ? found : []).slice(0, MOST).flatMap((row) => readSign(row, nowMs));
}

function readSign(row: unknown, nowMs: number): readonly WorkerStatus[] {
  const [written, leftMs] = Array.isArray(row) ? (row as readonly unknown[]) : [];
  const sign = signForm.safeParse(parsed(written), { jitless: true }).data;
  if (sign === undefined || typeof leftMs !== 'number') return [];
  return [{ ...sign, lastSignAtMs: nowMs - Math.max(0, SILENT_MS - leftMs) }];
}

function parsed(written: unknown): unknown {
  try {
    return JSON.parse(String(written));
  } catch {
    return undefined;
  }
}
