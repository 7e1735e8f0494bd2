import type { MirrorStatus } from '../sync/events.js';
import type { QueueStatus } from './schema-workers.js';
import type { TargetStatus } from './target-meter.js';

/** What the control socket and the status command ask for; plain JSON. */
export interface DaemonStatus {
  readonly version: string;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly configFile: string;
  readonly mirrors: readonly MirrorStatus[];
  /** Those that a mirror names. */
  readonly targets: readonly TargetStatus[];
  /** The queue through which workers get jobs; missing: the configuration has none. */
  readonly queue?: QueueStatus;
  /** The last time that the configuration was loaded again; missing: not since the start. */
  readonly lastReload?: LastReload;
}

export interface LastReload {
  readonly atMs: number;
  /** `refused` and `announced`: nothing was changed. */
  readonly outcome: 'done' | 'unchanged' | 'announced' | 'refused';
  /** Why it was refused, or what waits for `longshore reload --apply`; else what became of objects. May be empty. */
  readonly why: string;
}
