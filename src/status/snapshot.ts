import type { MirrorStatus } from '../sync/events.js';
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
}
