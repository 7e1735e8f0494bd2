import { hostname } from 'node:os';
import type { Config } from '../config/config.js';

/** The form of jobs and answers. Processes with another one meet in other queues, and never each other's jobs. */
export const PROTOCOL = 2;

/** All keys begin with it, which is what the user of longshore may touch in Redis. */
export const PREFIX = 'longshore';

/** Where a daemon and its workers meet in Redis: names of mirrors and daemons have no `/`. */
export interface QueueNames {
  /** The name of the daemon in Redis. */
  readonly daemon: string;
  /** The queue of one mirror, so that a worker takes only jobs of mirrors that it can help. */
  queueOf(mirror: string): string;
  /** The key that names the process that is this daemon. */
  readonly owner: string;
  /** The key of the set of workers, and what the key of one begins with. */
  readonly workers: string;
  /** The key of the protocols that workers of the daemon speak: the same key whatever the protocol. */
  readonly protocols: string;
  /** The key of what the daemon says of a mirror. */
  factsOf(mirror: string): string;
}

export function queueNames(daemon: string, protocol = PROTOCOL): QueueNames {
  const place = `${daemon}/p${protocol}`;
  return {
    daemon,
    queueOf: (mirror) => `${place}/${mirror}`,
    owner: `${PREFIX}:${place}:daemon`,
    workers: `${PREFIX}:${place}:workers`,
    protocols: `${PREFIX}:${daemon}:protocols`,
    factsOf: (mirror) => `${PREFIX}:${place}:facts:${mirror}`,
  };
}

/** The name of the daemon that this configuration is of. */
export function daemonName({ queue }: Pick<Config, 'queue'>): string {
  return queue?.name ?? hostname();
}

/** The name of the daemon that a worker with this configuration serves. */
export function servedDaemon({ queue, worker }: Pick<Config, 'queue' | 'worker'>): string {
  return worker.serves ?? daemonName({ queue });
}
