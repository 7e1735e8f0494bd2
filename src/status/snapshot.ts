import type { MirrorStatus } from '../sync/events.js';

/** What the control socket and the status command ask for; plain JSON. */
export interface DaemonStatus {
  readonly version: string;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly configFile: string;
  readonly mirrors: readonly MirrorStatus[];
}
