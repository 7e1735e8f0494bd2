import type { Config, MirrorConfig } from './config/config.js';
import type { Lifecycle } from './lifecycle.js';
import type { Rebuild } from './state/open-mirror.js';
import type { SyncObserver } from './sync/events.js';
import type { RemoteReadBack } from './sync/proof/batch-read-back.js';
import type { Persistence } from './sync/work/attempt-parts.js';
import type { RemoteBatchEffects } from './sync/work/batch-effects.js';
import type { RemotePartsEffects } from './sync/work/parts-effects.js';
import type { World } from './world.js';

export interface RuntimeOptions {
  readonly config: Config;
  readonly world: World;
  readonly lifecycle: Lifecycle;
  /** Names of the mirrors to work on; empty: all. */
  readonly mirrors: readonly string[];
  readonly mode: RunMode;
  readonly observe: SyncObserver;
  readonly signals: RunSignals;
  /** What carries a mirror's batches out in other processes. Missing, or undefined: none works for it. */
  readonly remoteOf?: (mirror: MirrorConfig) => RemoteBatchEffects | undefined;
  /** What reads a mirror's objects back in other processes. Missing, or undefined: none does. */
  readonly remoteReadBackOf?: (mirror: MirrorConfig) => RemoteReadBack | undefined;
  /** What sends parts of a mirror's large files in other processes. Missing, or undefined: none does. */
  readonly remotePartsOf?: (mirror: MirrorConfig) => RemotePartsEffects | undefined;
}

/** In what a daemon, a one-shot run and a dry run differ. */
export interface RunMode {
  readonly dryRun: boolean;
  /** Of a dry run: the guard holds nothing, and events say what each action rests on. Default false. */
  readonly makesPlan?: boolean;
  /** False: each object has a job of its own. Default: so only in a dry run, which plans object by object. */
  readonly batches?: boolean;
  /** See MirrorToOpen. Default: what is there is used. */
  readonly rebuild?: Rebuild;
  /** Leases that other processes hold are taken over. */
  readonly takeOver: boolean;
  /** Whether a person's pauses of mirrors and targets are kept. Default: no, what a person runs by hand is done. */
  readonly pausable?: boolean;
  readonly persistence: Persistence;
  /** Milliseconds that a target may be down before `giveUp` is called. */
  readonly patienceMs: number;
  readonly giveUp: (target: string, error: Error) => void;
}

export interface RunSignals {
  /** Aborted: nothing new is begun. */
  readonly drain: AbortSignal;
  /** Aborted: what runs is dropped. */
  readonly interrupt: AbortSignal;
}
