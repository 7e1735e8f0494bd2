import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Config, MirrorConfig, TargetConfig } from './config/config.js';
import { WORKERS_TRUST_MS } from './lease/document.js';
import type { Lease } from './lease/lease.js';
import type { Closable } from './lifecycle.js';
import type { DispatcherStatus } from './scale/dispatcher.js';
import { provenSource } from './scale/proven-source.js';
import { openQueueDispatcher } from './scale/queue-dispatcher.js';
import { daemonName, queueNames } from './scale/queue-names.js';
import { openRedis } from './scale/redis.js';
import { openRemoteEffects } from './scale/remote-effects.js';
import { openRemoteParts } from './scale/remote-parts.js';
import { openRemoteReadBack } from './scale/remote-read-back.js';
import { namesInSendOrder } from './scale/send-order.js';
import { settingsDigest } from './scale/settings-digest.js';
import { openSharedLimits, type SharedLimits } from './scale/shared-limits.js';
import { countWorkerAnswers } from './scale/worker-answers.js';
import { onAbort } from './signal.js';
import type { RemoteReadBack } from './sync/proof/batch-read-back.js';
import type { RemoteBatchEffects } from './sync/work/batch-effects.js';
import type { RemotePartsEffects } from './sync/work/parts-effects.js';
import type { PauseGate } from './sync/work/pause-gate.js';
import type { World } from './world.js';

/** The daemon's side of its workers. */
export interface Coordinator extends Closable {
  status(): DispatcherStatus;
  /** The limits of a target over the daemon and its workers. The caller closes them. */
  limitsOf(target: string): SharedLimits;
  /** Gives batches of this mirror to workers from now on. */
  serve(served: ServedByWorkers): Promise<HelpedMirror>;
  /** For how long workers may still write for this mirror, in milliseconds: see LeaseOptions. */
  trustMs(mirror: string): number;
}

export interface ServedByWorkers {
  readonly mirror: MirrorConfig;
  readonly target: TargetConfig;
  readonly lease: Pick<Lease, 'epoch'>;
  /** Undefined: the mirror cannot be paused. */
  readonly gate: PauseGate | undefined;
  /** Aborted: workers begin no more jobs of the mirror. */
  readonly drain: AbortSignal;
}

export interface HelpedMirror extends Closable {
  readonly effects: RemoteBatchEffects;
  readonly readBack: RemoteReadBack;
  readonly parts: RemotePartsEffects;
}

/** Begins to connect to Redis. Rejects with ConfigError where a package is missing, and where a secret is. */
export async function openCoordinator(
  config: Pick<Config, 'stateFolder'> & { readonly queue: NonNullable<Config['queue']> },
  world: Pick<World, 'clock' | 'log'>,
): Promise<Coordinator> {
  const { clock, log } = world;
  const daemon = daemonName(config);
  const epoch = `${clock.now().toString(36)}${randomBytes(4).toString('hex')}`;
  const redis = await openRedis(config.queue.redis, 'prompt');
  const answers = countWorkerAnswers(log);
  const dispatcher = openQueueDispatcher({
    redis,
    names: queueNames(daemon),
    self: `${hostname()}, state folder ${config.stateFolder}`,
    epoch,
    answers,
    ...world,
  });
  const effectsOf = openRemoteEffects({ dispatcher, clock, answers });
  const drained = new Map<string, () => boolean>();

  return {
    status: dispatcher.status,
    limitsOf: (target) =>
      openSharedLimits({ redis, scope: daemon, target, member: epoch, ...world }),
    trustMs: (mirror) => (drained.get(mirror)?.() ? 0 : WORKERS_TRUST_MS),
    async serve({ mirror, target, lease, gate, drain }) {
      const { name, source } = mirror;
      const proof = provenSource(source, world);
      const settings = settingsDigest(mirror, target);
      const facts = () => {
        const [epoch, found] = [lease.epoch(), proof.found()];
        return epoch && found && { settings, epoch, source: found };
      };
      let sentAgain: (names: readonly string[]) => void = () => {};
      const served = await dispatcher.serve(name, facts, {
        doneAgain: (payload) => sentAgain(namesInSendOrder(payload)),
        proveSource: proof.proveAgain,
      });
      drained.set(name, served.isDrained);
      served.setPaused(gate?.pausedUntilMs !== undefined);
      gate?.listen(served.setPaused);
      const forget = onAbort(drain, () => void served.drain());
      return {
        effects: {
          ...effectsOf(name),
          listen(listener) {
            sentAgain = listener;
          },
        },
        readBack: openRemoteReadBack(dispatcher, name, answers),
        parts: openRemoteParts(dispatcher, name, answers),
        async close() {
          forget();
          proof.close();
          await served.close();
        },
      };
    },
    close: dispatcher.close,
  };
}
