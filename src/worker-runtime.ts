import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Config, MirrorConfig, TargetConfig } from './config/config.js';
import { ConfigError } from './config/config-error.js';
import type { Backend } from './drivers/backend.js';
import { type Layer, layered } from './drivers/layers/layer.js';
import { retry } from './drivers/layers/retry.js';
import { createPartsThreads } from './drivers/parts-threads.js';
import { attributesToRead } from './kept-attributes.js';
import { leaseObject } from './lease/lease-object.js';
import { createLeaseWatch } from './lease/lease-watch.js';
import type { Lifecycle } from './lifecycle.js';
import { mirrorSettings } from './mirror-settings.js';
import type { WorkProgress } from './notify/stall.js';
import { readVersion } from './package-files.js';
import type { WorkedMirror } from './scale/answer-job.js';
import { carryOut } from './scale/carry-out.js';
import { type Confirmed, countingFiles, countingParts } from './scale/confirmed.js';
import { permitLayer } from './scale/fenced-job.js';
import { queueNames, servedDaemon } from './scale/queue-names.js';
import { openRedis, type RedisConnection } from './scale/redis.js';
import { readingSameSource } from './scale/same-source.js';
import { settingsDigest } from './scale/settings-digest.js';
import { openSharedLimits } from './scale/shared-limits.js';
import { createWorker, type Worker } from './scale/worker.js';
import type { LedgerDocument } from './state/ledger.js';
import { localReadBack } from './sync/proof/batch-read-back.js';
import { OWN_FOLDER, reservedNames } from './sync/reserved-names.js';
import { openFileReader } from './sync/source/file-reader.js';
import { containerStore } from './sync/store/container-store.js';
import { filePuts } from './sync/store/put-file.js';
import { localBatchEffects } from './sync/work/local-batch-effects.js';
import { localPartsEffects } from './sync/work/local-parts-effects.js';
import { detect } from './targets.js';
import type { World } from './world.js';

export interface OpenWorkerOptions {
  readonly config: Config;
  readonly world: World;
  /** Names of the mirrors that it helps; empty: all that have workers. */
  readonly mirrors: readonly string[];
  /** Closes what is opened. */
  readonly lifecycle: Lifecycle;
  /** Aborted: what runs is dropped. */
  readonly interrupt: AbortSignal;
}

export interface OpenedWorker {
  readonly run: Worker['run'];
  /** The mirrors that it helps. */
  readonly mirrors: readonly string[];
  /** The daemon that it serves. */
  readonly daemon: string;
  /** One line about what it does, for systemd. */
  statusLine(): string;
  progress(): WorkProgress;
  /** Jobs that were answered, objects and bytes that were confirmed. */
  totals(): { readonly jobs: number } & Readonly<Confirmed>;
}

/** What `longshore worker` works with. It has no state: no index, no ledger, no lease of its own. */
export async function openWorker(options: OpenWorkerOptions): Promise<OpenedWorker> {
  const { config, world, lifecycle } = options;
  const { clock, log, telemetry } = world;
  const helped = helpedMirrors(options);
  const redis = await lifecycle.add('redis', openRedis(queueOf(config).redis, 'patient'), []);
  const daemon = servedDaemon(config);
  const host = hostname();
  // In containers, several may have one host name and one process number.
  const id = `${host}:${process.pid}:${randomBytes(2).toString('hex')}`;
  const confirmed: Confirmed = { objects: 0, bytes: 0 };
  const targets = new Map<string, OpenedTarget>();
  const mirrors: WorkedMirror[] = [];
  for (const mirror of helped) {
    const target =
      targets.get(mirror.target) ??
      (await openTarget(options, mirror, { redis, scope: daemon, member: id }));
    targets.set(mirror.target, target);
    mirrors.push(await openMirror(options, mirror, target, confirmed));
  }
  const worker = createWorker({
    redis,
    names: queueNames(daemon),
    about: { id, host, version: readVersion() },
    jobs: config.worker.jobs,
    mirrors,
    confirmed: () => confirmed,
    clock,
    log,
  });
  const { progress } = worker;
  let calls = 0;
  const unlisten = telemetry.listen(['call', 'wait'], () => {
    calls += 1;
  });
  await lifecycle.add('telemetry', { close: async () => unlisten() }, []);
  return {
    run: worker.run,
    mirrors: mirrors.map(({ name }) => name),
    daemon,
    statusLine() {
      const alone = progress.leavesAlone();
      const doing = `${progress.running()} jobs under way, ${progress.answered()} answered, ${confirmed.objects} objects sent`;
      return alone.length === 0 ? doing : `${doing}; leaves alone: ${alone.join(', ')}`;
    },
    totals: () => ({ jobs: progress.answered(), ...confirmed }),
    progress: () => ({ due: progress.running() > 0, steps: calls + progress.answered() }),
  };
}

function queueOf({ queue, file }: Config): NonNullable<Config['queue']> {
  if (queue !== undefined) return queue;
  throw new ConfigError(
    `${file} has no queue, from which a worker gets its jobs: add "queue: { redis: { url: redis://… } }"`,
  );
}

/** With their sources as they are on this machine. */
function helpedMirrors({ config, mirrors }: OpenWorkerOptions): readonly MirrorConfig[] {
  const { sources } = config.worker;
  const helped = config.mirrors.filter(({ workers }) => workers);
  const chosen = helped.filter(({ name }) => mirrors.length === 0 || mirrors.includes(name));
  const others = mirrors.filter((name) => !helped.some((mirror) => mirror.name === name));
  if (others.length > 0)
    throw new ConfigError(`these mirrors have no "workers: true": ${others.join(', ')}`);
  if (chosen.length === 0)
    throw new ConfigError(
      `no mirror of ${config.file} has "workers: true", so none needs a worker`,
    );
  return chosen.map((mirror) => ({ ...mirror, source: sources[mirror.name] ?? mirror.source }));
}

interface OpenedTarget {
  readonly config: TargetConfig;
  readonly bare: Backend;
  readonly layers: readonly Layer[];
}

async function openTarget(
  { config: { targets }, world, lifecycle, interrupt }: OpenWorkerOptions,
  { target }: MirrorConfig,
  member: { readonly redis: RedisConnection; readonly scope: string; readonly member: string },
): Promise<OpenedTarget> {
  const config = targets.find(({ name }) => name === target);
  if (config === undefined) throw new TypeError(`target ${target} is not in the configuration`);
  const { clock, log, findDriver } = world;
  const driver = findDriver(config.driver);
  driver.prepare?.();
  const detected = await detect(config, NO_LEDGER, world, interrupt);
  const bare = await lifecycle.add(
    `target ${target}`,
    driver.open(config.settings, {
      clock,
      notice: (event, fields) => log.warn(event, { target, ...fields }),
      ...(detected !== undefined && { detected }),
    }),
    [],
  );
  const concurrency = config.concurrency ?? bare.capabilities.concurrency;
  const { redis } = member;
  // Commands of a patient connection wait for Redis; limits do not.
  const prompt = {
    eval: (...command: Parameters<typeof redis.eval>) =>
      redis.isUp() ? redis.eval(...command) : Promise.reject(new Error('Redis is away')),
  };
  const shared = openSharedLimits({ ...member, redis: prompt, target, clock, log });
  await lifecycle.add(`limits of ${target}`, shared, []);
  const layers = world.layersOf(config, concurrency, interrupt, () => config, shared);
  return { config, bare, layers };
}

/** What a driver detects is detected again at each start. */
const NO_LEDGER = {
  read: () => ({}) as LedgerDocument,
  update: async () => {},
  close: async () => {},
};

async function openMirror(
  { config, world, lifecycle, interrupt }: OpenWorkerOptions,
  mirror: MirrorConfig,
  { config: target, bare, layers }: OpenedTarget,
  confirmed: Confirmed,
): Promise<WorkedMirror> {
  const { name, source, container, prefix } = mirror;
  const { clock, log, random, findDriver } = world;
  const found = { metadataEpoch: 0, dryRun: false };
  const settings = mirrorSettings(config, mirror, target, findDriver, found);
  const { policy, headers, partsAbove, partSize } = settings;
  const follow = settings.symlinks === 'follow';
  const attributes = attributesToRead(mirror, log);
  const reader = await lifecycle.add(
    `reader of ${name}`,
    openFileReader({ source, follow, attributes }),
    [],
  );
  const threads = createPartsThreads();
  await lifecycle.add(`threads of ${name}`, { close: async () => threads.close() }, []);
  const reserved = reservedNames(settings);
  const key = `${prefix}${OWN_FOLDER}lease`;
  const object = leaseObject(layered(bare, [retry({ clock, random })]), { container, key });
  return {
    name,
    settings: settingsDigest(mirror, target),
    source,
    lease: createLeaseWatch({ object, mirror: name, clock, log }),
    carryOut(job, differs, permit, signal) {
      // The permit is innermost: a call that waited for a slot or a retry asks it last of all.
      const backend = layered(bare, [permitLayer(permit), ...layers]);
      const wholeMd5 = policy.deletes === 'trash';
      const files = filePuts({ backend, follow, partsAbove, partSize, wholeMd5, threads });
      const store = containerStore({ backend, container, prefix, policy, headers, follow, files });
      const effects = localBatchEffects({
        reader: readingSameSource(reader, { root: source, follow, differs, clock, interrupt }),
        store,
        policy,
        drain: interrupt,
        conditional: true,
      });
      const context = {
        effects: countingFiles(effects, confirmed),
        isReserved: reserved.has,
        readBack: localReadBack({ backend, clock }, { container, prefix }),
        parts: countingParts(
          localPartsEffects({ backend, container, prefix, source, follow, threads }),
          confirmed,
        ),
      };
      return carryOut(job, context, signal);
    },
  };
}
