import { type JobFacts, readFacts } from './job-form.js';
import type { QueueNames } from './queue-names.js';
import type { RedisConnection } from './redis.js';

/** Without a renewal for so long the daemon is gone, or works for the mirror no more. Milliseconds. */
const KEPT_MS = 60_000;

type Scripts = Pick<RedisConnection, 'eval'>;

/** What a daemon says of itself in Redis, for `longshore check --worker` on other machines. */
export interface FoundDaemon {
  /** The process that has the name; undefined: no daemon of this name and protocol is there. */
  readonly owner: string | undefined;
  /** Undefined: it has no jobs to give out for this mirror now. */
  readonly facts: JobFacts | undefined;
}

/** Says for the next minute what each job of a mirror says. */
export async function putFacts(
  redis: Scripts,
  names: Pick<QueueNames, 'factsOf'>,
  mirror: string,
  facts: JobFacts,
): Promise<void> {
  const set = "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])";
  await redis.eval(set, [names.factsOf(mirror)], [JSON.stringify(facts), KEPT_MS]);
}

/** Rejects with the errors of Redis. */
export async function findDaemon(
  redis: Scripts,
  { owner, factsOf }: Pick<QueueNames, 'owner' | 'factsOf'>,
  mirror: string,
): Promise<FoundDaemon> {
  const get = "return { redis.call('GET', KEYS[1]) or '', redis.call('GET', KEYS[2]) or '' }";
  const found = await redis.eval(get, [owner, factsOf(mirror)], []);
  const [name, facts] = (Array.isArray(found) ? found : []).map(String);
  return { owner: name === '' ? undefined : name, facts: readFacts(parsed(facts ?? '')) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
