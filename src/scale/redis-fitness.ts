/** Lua with all that BullMQ needs, and streams with exact lengths. */
const OLDEST = [6, 2] as const;

/**
 * Why a Redis is not fit for a queue, by its answer to INFO (https://redis.io/docs/latest/commands/info/); undefined: it is.
 * A field that is missing is no proof.
 */
export function unfitness(info: string): string | undefined {
  const fields = fieldsOf(info);
  const policy = fields.get('maxmemory_policy');
  const [version, mode, role] = ['redis_version', 'redis_mode', 'role'].map((name) =>
    fields.get(name),
  );
  if (version === undefined || policy === undefined || !fields.has('aof_enabled'))
    return 'it does not say its version, maxmemory_policy and aof_enabled in the answer to INFO: it is no Redis, or the user may not ask (+info)';
  if (isOlder(version)) return `its version is ${version}; it takes ${OLDEST.join('.')} or newer`;
  if (mode === 'cluster') return 'it is part of a cluster, which has no place for a queue';
  if (role !== undefined && role !== 'master') return 'it is a replica, which takes no jobs';
  if (policy !== 'noeviction')
    return `it throws away what it has when it is full (maxmemory-policy ${policy}): set maxmemory-policy noeviction`;
  if (fields.get('aof_enabled') !== '1')
    return 'it forgets what it has when it ends (appendonly no): set appendonly yes';
  return undefined;
}

/**
 * Names the process of a Redis and the history of its data, by its answer to INFO: another one after a restart, after a failover,
 * and when a replica was promoted. What it had before may be gone, or be as it was some time ago. Undefined: it does not say.
 */
export function historyOf(info: string): string | undefined {
  const fields = fieldsOf(info);
  const process = fields.get('run_id');
  return process === undefined ? undefined : `${process} ${fields.get('master_replid') ?? ''}`;
}

function fieldsOf(info: string): ReadonlyMap<string, string> {
  const pairs = info.split(/\r?\n/).flatMap((line): [string, string][] => {
    const at = line.indexOf(':');
    return at < 1 || line.startsWith('#') ? [] : [[line.slice(0, at), line.slice(at + 1)]];
  });
  return new Map(pairs);
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return !(major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]));
}
