import type { Clock } from './clock.js';
import type { Config, TargetConfig } from './config/config.js';
import type { DriverKind } from './drivers/driver-kind.js';
import type { Layer } from './drivers/layers/layer.js';
import type { LogControl, Logger } from './log.js';
import type { SharedLimits } from './scale/shared-limits.js';
import type { RunReport } from './state/ledger.js';
import type { Rebuild } from './state/open-mirror.js';
import type { DaemonStatus } from './status/snapshot.js';
import type { MirrorStatus } from './sync/events.js';
import type { ReadActions } from './sync/mirror/apply-plan.js';
import type { Telemetry } from './telemetry/telemetry.js';

/** What the program takes from outside. Tests pass their own. */
export interface World {
  readonly clock: Clock;
  readonly log: Logger;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the log, where a person may steer it while the program runs. */
  readonly logControl?: LogControl;
  /** Gives the log other settings. Missing: it keeps those that it was opened with. */
  readonly configureLog?: (log: Config['log']) => void;
  /** Where everything that happens is reported. */
  readonly telemetry: Telemetry;
  /** Returns a number from 0 to below 1. */
  readonly random: () => number;
  /** The driver of a name in the configuration. Throws StorageError where there is none. */
  readonly findDriver: (name: string) => DriverKind;
  /**
   * The layers around each backend of a target, from the inside out, for so many concurrent calls. `limits`: its rates as they
   * are now, by default those of `target`. `shared`: its limits over several processes, where there are some.
   */
  readonly layersOf: (
    target: TargetConfig,
    concurrency: number,
    drain: AbortSignal,
    limits?: () => Pick<TargetConfig, 'bandwidth' | 'requestRate'>,
    shared?: SharedLimits,
  ) => readonly Layer[];
}

export interface Daemon {
  /**
   * Watches and mirrors until `drain` is aborted; then takes no more work, lets running transfers finish, and
   * resolves. Aborting `interrupt` drops what runs as well. `watching` is called once every mirror watches and its
   * first run is under way. Resolves with the mirrors whose work was dropped.
   */
  run(
    signals: { readonly drain: AbortSignal; readonly interrupt: AbortSignal },
    watching: () => void,
  ): Promise<readonly LeftWork[]>;
  status(): DaemonStatus;
  /** What the daemon works with now. */
  readonly config: Config;
  /** Reads the configuration again, and carries out what differs: see Reloading. To be called once it runs. */
  reload(order: { readonly apply: boolean }): Promise<unknown>;
  close(): Promise<void>;
}

/** Work of a mirror that a daemon dropped when it ended; its next start finds it. */
export interface LeftWork {
  readonly mirror: string;
  /** Whose work is known. */
  readonly objects: number;
  /** Whether there are changes besides that were not looked at yet. */
  readonly events: boolean;
}

/** The outcome of one mirror's one-shot run. `complete` is false when part of the source could not be read. */
export interface OnceResult {
  readonly mirror: string;
  readonly report: RunReport;
  readonly complete: boolean;
  /** The mirror after its run. */
  readonly status?: MirrorStatus;
  /** Set when the mirror could not run at all (source missing, container refused, …). */
  readonly error?: Error;
}

export interface OnceOptions {
  readonly run: 'scan' | 'reconcile';
  /** Empty: all of the configuration. */
  readonly mirrors: readonly string[];
  readonly dryRun: boolean;
  /** Of a dry run: see RunMode. */
  readonly makesPlan?: boolean;
  /** What a plan says about a mirror is done, and nothing is compared. */
  readonly actionsOf?: (mirror: string) => ReadActions;
  /** A lost index is made again. */
  readonly rebuild?: Rebuild;
  /** Leases that other processes hold are taken over. */
  readonly takeOver: boolean;
}

export interface DaemonOptions {
  /** Default false. True: leases that other processes hold are taken over. */
  readonly takeOver?: boolean;
  /** Aborted: the opening ends, and rejects with its reason; what has been opened begins nothing new. */
  readonly stop?: AbortSignal;
  /** Reads the configuration file again. Missing: it cannot be read again. Rejects with ConfigError. */
  readonly readConfig?: () => Promise<Config>;
}

export type OpenDaemon = (config: Config, world: World, options?: DaemonOptions) => Promise<Daemon>;
export type RunOnce = (
  config: Config,
  options: OnceOptions,
  world: World,
  signals: { readonly drain: AbortSignal; readonly interrupt: AbortSignal },
) => Promise<readonly OnceResult[]>;
