import type { HeaderAndClassRule } from './header-rules.js';
import type { LogConfig } from './log.js';
import type { MetricsConfig } from './metrics.js';
import type { ChannelConfig, HeartbeatSettings } from './notify.js';
import type { QueueConfig, WorkerConfig } from './queue.js';
import type { StatusPageConfig } from './status-page.js';
import type { Timetable } from './timetable.js';

/** What a configuration file says, read and checked: absolute paths, milliseconds, bytes, every default filled in. */
export interface Config {
  /** The file it came from, absolute. */
  readonly file: string;
  /** Of the text of the file, and the same for no other text; missing: it came from no file. */
  readonly digest?: string;
  readonly stateFolder: string;
  readonly log: LogConfig;
  /** How long a first SIGTERM lets running transfers finish. */
  readonly drainMs: number;
  readonly metrics: MetricsConfig | undefined;
  readonly notify: readonly ChannelConfig[];
  /** Of all mirrors together. */
  readonly heartbeat: HeartbeatSettings | undefined;
  /** Undefined: the status page is served at the control socket alone. */
  readonly statusPage: StatusPageConfig | undefined;
  /** Undefined: no other machine helps. */
  readonly queue: QueueConfig | undefined;
  readonly worker: WorkerConfig;
  readonly targets: readonly TargetConfig[];
  readonly mirrors: readonly MirrorConfig[];
  /** Warnings to log at start (a literal secret in a readable file). */
  readonly warnings: readonly string[];
}

export interface TargetConfig {
  readonly name: string;
  /** Name of a driver kind in drivers/registry.ts. */
  readonly driver: string;
  /** The driver's own settings, already checked by its own schema. */
  readonly settings: unknown;
  /** Jobs under way at once; undefined: what the driver likes best. */
  readonly concurrency: number | undefined;
  /** Bytes per second; Infinity: no limit. Undefined: at all times. */
  readonly bandwidth: Timetable<number> | undefined;
  /** Calls per second; undefined: no limit. */
  readonly requestRate: number | undefined;
  /** Larger files go in parts; bytes. */
  readonly multipartThreshold: number;
  /** Bytes per part; undefined: as few as the provider allows. */
  readonly partSize: number | undefined;
}

export interface MirrorConfig {
  readonly name: string;
  /** Absolute path of the mirrored folder. */
  readonly source: string;
  readonly createSource: boolean;
  readonly target: string;
  /** Whether workers on other machines read and send its files, too. */
  readonly workers: boolean;
  readonly container: string;
  /** Where in the container: empty, or ends in `/`. */
  readonly prefix: string;
  /** gitignore syntax. */
  readonly exclude: readonly string[];
  /** gitignore syntax; when not empty, only files that match are mirrored. */
  readonly include: readonly string[];
  readonly watch: 'auto' | 'chokidar' | 'directories' | 'scan';
  /** With `watch: auto`: entries (files and folders) up to which chokidar is used. */
  readonly chokidarLimit: number;
  readonly settleMs: number;
  /** A path that never becomes quiet is looked at after this. */
  readonly settleLimitMs: number;
  /** Between scans of the source against the index; 0 is never. */
  readonly rescanMs: number;
  /** Between reconciles with the container; 0 is never. */
  readonly reconcileMs: number;
  /** Milliseconds that a change may wait before the mirror is behind; 0: any time. */
  readonly maxLagMs: number;
  readonly heartbeat: HeartbeatSettings | undefined;
  /** How objects are read back; undefined: they are not. `withinMs`: each at least once in this time. */
  readonly verify:
    | {
        readonly withinMs: number;
        /** Infinity: no limit. */
        readonly bytesPerSecond: number;
        readonly by: 'daemon' | 'shards';
        readonly heal: boolean;
        readonly keepDamaged: boolean;
      }
    | undefined;
  /** Milliseconds of silence after which another process may take over the lease; 0: there is no lease. */
  readonly leaseMs: number;
  readonly deletes: 'mirror' | 'trash' | 'keep';
  /** Below `prefix`; ends in `/`. */
  readonly trashPrefix: string;
  /** Milliseconds; 0 is without end. */
  readonly trashKeepMs: number;
  /** Destructive changes that pass without a decision within a window: see GuardRule. Undefined: all of them. */
  readonly guard:
    | {
        readonly count: number;
        readonly share: number;
        readonly atLeast: number;
        readonly windowMs: number;
      }
    | undefined;
  readonly overwrite: 'always' | 'never';
  readonly extraneous: 'keep' | 'report' | 'delete';
  readonly symlinks: 'skip' | 'follow' | 'preserve';
  readonly folders: 'skip' | 'keep';
  readonly hardlinks: 'copy' | 'record';
  /** What objects have beside their content, by patterns of their names below `prefix`. */
  readonly headers: readonly HeaderAndClassRule[];
  /** When the index is copied into the container: see SnapshotRule. Undefined: never. */
  readonly indexSnapshot: { readonly everyMs: number; readonly ofSmall: boolean } | undefined;
  /** From where a reconcile learns what the container holds: see InventoryRule. Undefined: it lists it. */
  readonly inventory:
    | {
        readonly container: string;
        /** Empty, or ends in `/`. */
        readonly prefix: string;
        readonly id: string;
        readonly maxAgeMs: number;
        readonly otherwise: 'list' | 'fail';
      }
    | undefined;
  readonly metadata: readonly ('mtime' | 'mode' | 'owner' | 'md5' | 'xattr' | 'acl')[];
  readonly index: 'lmdb' | 'lowdb';
}
