/** The form of jobs and answers. Processes with another one meet in other queues, and never each other's jobs. */
export const PROTOCOL = 1;

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
}

export function queueNames(daemon: string): QueueNames {
  const place = `${daemon}/p${PROTOCOL}`;
  return {
    daemon,
    queueOf: (mirror) => `${place}/${mirror}`,
    owner: `${PREFIX}:${place}:daemon`,
    workers: `${PREFIX}:${place}:workers`,
  };
}
