import type { HeaderAndClassRule } from '../drivers/header-rules.js';
import type { Policy } from './decide.js';
import type { GuardRule } from './guard-rule.js';
import type { InventoryRule } from './inventory-rule.js';
import type { SnapshotRule } from './snapshot-rule.js';

export interface VerifySettings {
  /** Each object is read back at least once within so many milliseconds. */
  readonly withinMs: number;
  /** Infinity: no limit. */
  readonly bytesPerSecond: number;
  /** Who reads: this process, or `longshore verify --shard` on other machines, whose reports it collects. */
  readonly by: 'daemon' | 'shards';
  /** Whether a damaged or missing object is sent again from its file. */
  readonly heal: boolean;
  /** With `deletes: trash`: whether a copy of a damaged object goes to the trash first. */
  readonly keepDamaged: boolean;
}

/** What sync needs to know of one mirror. Times in milliseconds; 0 for a timer is never. */
export interface MirrorSettings {
  readonly name: string;
  /** Absolute path of the mirrored folder. */
  readonly source: string;
  readonly target: string;
  readonly container: string;
  /** Empty, or ends in `/`. */
  readonly prefix: string;
  /** gitignore patterns. */
  readonly exclude: readonly string[];
  readonly include: readonly string[];
  /** Absolute paths of folders that are never mirrored, even inside the source: the state folder, local targets. */
  readonly never: readonly string[];
  readonly symlinks: 'skip' | 'follow' | 'preserve';
  readonly folders: 'skip' | 'keep';
  readonly policy: Policy;
  /** What objects have beside their content, by patterns of their names. */
  readonly headers: readonly HeaderAndClassRule[];
  /** Below `prefix`; ends in `/`. What is below it is in the trash, whatever `policy.deletes` says now. */
  readonly trashPrefix: string;
  /** How long the trash keeps an object; 0: until a person deletes it. */
  readonly trashKeepMs: number;
  /** Undefined: nothing is held. */
  readonly guard: GuardRule | undefined;
  /** Larger files go in parts; bytes. */
  readonly partsAbove: number;
  /** Bytes per part; undefined: as few as the provider allows. */
  readonly partSize: number | undefined;
  readonly watch: 'auto' | 'chokidar' | 'directories' | 'scan';
  readonly chokidarLimit: number;
  readonly settleMs: number;
  readonly settleLimitMs: number;
  /** How its objects are read back; undefined: they are not. */
  readonly verify: VerifySettings | undefined;
  /** How long a change may wait before the mirror is behind; 0: any time. */
  readonly maxLagMs: number;
  readonly rescanMs: number;
  readonly reconcileMs: number;
  /** Undefined: none is made or used. */
  readonly indexSnapshot: SnapshotRule | undefined;
  /** Undefined: a reconcile lists the container. */
  readonly inventory: InventoryRule | undefined;
}
