import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.js';
import type { Config, MirrorConfig, TargetConfig } from '../../src/config/config.js';
import type { Backend } from '../../src/drivers/backend.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { findDriver } from '../../src/drivers/registry/registry.js';
import { createLifecycle } from '../../src/lifecycle.js';
import { silentLogger } from '../../src/log.js';
import { CLOSE_MS } from '../../src/opened-mirror.js';
import { openRuntime } from '../../src/runtime.js';
import { childController } from '../../src/signal.js';
import type { SyncEvent } from '../../src/sync/events.js';
import type { ScanResult } from '../../src/sync/mirror/finish-run.js';
import type { Mirror } from '../../src/sync/mirror/mirror.js';
import { scanMirror } from '../../src/sync/mirror/scan-mirror.js';
import type { RemoteReadBack } from '../../src/sync/proof/batch-read-back.js';
import { RUNS } from '../../src/sync/run.js';
import { ensureContainer } from '../../src/sync/store/container-store.js';
import type { Persistence } from '../../src/sync/work/attempt-parts.js';
import type { RemoteBatchEffects } from '../../src/sync/work/batch-effects.js';
import type { Job } from '../../src/sync/work/job.js';
import { systemWorld } from '../../src/system-world.js';
import type { World } from '../../src/world.js';
import { type Faults, faulty } from '../fakes/faulty-backend.js';
import { createFolder, removeFolder } from './folder.js';

/** One mirror on storage with scripted faults. Everything else is real: files, threads, index, queue. */
export interface MirrorFixture {
  readonly mirror: Mirror;
  readonly faults: Faults;
  /** The storage without its faults. */
  readonly storage: Backend;
  readonly events: readonly SyncEvent[];
  write(path: string, content?: string | Buffer): string;
  remove(path: string): void;
  run(kind: 'scan' | 'reconcile'): Promise<ScanResult>;
  /** Aborts everything, like the end of the program. */
  stop(): void;
  /** The same, and closes what is open, so that the folder can be opened again. */
  close(): Promise<void>;
  /** Takes no more work and lets running transfers finish, like a first stop signal. */
  drain(): void;
  /** Names and contents of all objects. */
  objects(): Promise<Record<string, string>>;
}

export interface FixtureOptions {
  readonly mirror?: Partial<MirrorConfig>;
  readonly target?: Partial<TargetConfig>;
  readonly persistence?: Persistence;
  /** Milliseconds. Longer waits, such as those between attempts, are shortened to this. */
  readonly longestWaitMs?: number;
  /** Makes storage with fewer capabilities out of the one in memory. */
  readonly wrap?: (backend: Backend) => Backend;
  /** Adds capabilities to the storage, whose calls of others meet the scripted faults. */
  readonly extend?: (backend: Backend) => Backend;
  /** Default true. False: each object has a job of its own. */
  readonly batches?: boolean;
  /** Carries batches out in place of the mirror. Default: nothing does. */
  readonly remote?: RemoteBatchEffects;
  /** Reads objects back in place of the mirror, where it is asked to. Default: nothing does. */
  readonly remoteReadBack?: RemoteReadBack;
  /** Calls what is due after a time. Default: when it has passed. */
  readonly after?: Clock['after'];
  /** Default: a new one that is removed afterwards. */
  readonly folder?: string;
  /** What becomes of each job on its way from the queue to the mirror. */
  readonly carry?: (job: Job) => Job;
}

const QUICK: Persistence = { backoff: { firstMs: 1, limitMs: 5 }, attempts: 4, keepsTrying: false };
const never = new AbortController().signal;

/** The runtime of the program on storage with scripted faults; no layer between tries again or limits. */
export async function openMirrorFixture({
  mirror: mirrorConfig = {},
  target = {},
  persistence = QUICK,
  longestWaitMs = 20,
  wrap = (backend) => backend,
  extend = (backend) => backend,
  batches = true,
  remote,
  remoteReadBack,
  after = systemClock.after,
  folder = createFolder('mirror'),
  carry,
}: FixtureOptions = {}): Promise<MirrorFixture> {
  const source = join(folder, 'source');
  mkdirSync(source, { recursive: true });
  const storage = memoryBackend();
  const { backend, faults } = faulty(wrap(storage));
  const stop = new AbortController();
  const drain = childController(stop.signal).controller;
  const lifecycle = createLifecycle({ clock: systemClock, deadlineMs: 30_000 });
  const events: SyncEvent[] = [];
  const runtime = await openRuntime({
    config: configOf(folder, { source, ...mirrorConfig }, target),
    world: worldOf(extend(backend), longestWaitMs, after),
    lifecycle,
    mirrors: [],
    mode: {
      dryRun: false,
      batches,
      takeOver: false,
      persistence,
      patienceMs: Number.POSITIVE_INFINITY,
      giveUp: () => {},
    },
    observe: (event) => events.push(event),
    signals: { drain: drain.signal, interrupt: stop.signal },
    remoteOf: () => remote,
    remoteReadBackOf: () => remoteReadBack,
  });
  const [mirror] = runtime.mirrors;
  if (!mirror) throw new Error('no mirror was opened');
  if (carry) {
    const run = (job: Job) => mirror.run(carry(job));
    mirror.parts.queue.start({ run, dropped: mirror.dropped });
  }
  await ensureContainer(storage, 'c', never);
  const end = () => stop.abort(new Error('the program ends'));
  const closing = once(async () => {
    end();
    await runtime.stop();
    await lifecycle.close();
  });
  onTestFinished(async () => {
    await closing();
    removeFolder(folder);
  });

  return {
    mirror,
    faults,
    storage,
    events,
    write(path, content = path) {
      const absolute = join(source, path);
      mkdirSync(dirname(absolute), { recursive: true });
      writeFileSync(absolute, content);
      return absolute;
    },
    remove: (path) => rmSync(join(source, path), { recursive: true }),
    async run(kind) {
      mirror.source.reopen();
      return (await scanMirror(mirror, { ...RUNS[kind], why: 'test' }, drain.signal)).finished;
    },
    stop: end,
    close: closing,
    drain: () => drain.abort(new Error('stopped')),
    async objects() {
      const found: Record<string, string> = {};
      const { items } = await storage.listObjects('c', '', {}, { signal: never });
      for (const { key } of items) {
        const chunks: Uint8Array[] = [];
        for await (const chunk of await storage.readObject({ container: 'c', key }, undefined, {
          signal: never,
        }))
          chunks.push(chunk);
        found[key] = Buffer.concat(chunks).toString();
      }
      return found;
    },
  };
}

/** No wait is longer, but for the deadlines of what is closed: a busy machine may take some milliseconds to end a thread. */
function worldOf(backend: Backend, longestWaitMs: number, after: Clock['after']): World {
  const clock = {
    ...systemClock,
    after,
    sleep: (ms: number, signal?: AbortSignal) =>
      systemClock.sleep(ms === CLOSE_MS ? ms : Math.min(ms, longestWaitMs), signal),
  };
  return {
    ...systemWorld({ clock, env: {}, log: silentLogger }),
    random: () => 0,
    findDriver: (name) => ({ ...findDriver(name), open: async () => backend }),
    layersOf: () => [],
  };
}

function configOf(
  folder: string,
  mirror: Partial<MirrorConfig>,
  target: Partial<TargetConfig>,
): Config {
  return {
    file: join(folder, 'longshore.yaml'),
    stateFolder: join(folder, 'state'),
    log: { level: 'info', format: 'text', repeats: undefined, file: undefined },
    drainMs: 0,
    metrics: undefined,
    notify: [],
    heartbeat: undefined,
    statusPage: undefined,
    queue: undefined,
    worker: { serves: undefined, sources: {}, jobs: 2 },
    warnings: [],
    targets: [
      {
        name: 't',
        driver: 'memory',
        settings: undefined,
        concurrency: 4,
        bandwidth: undefined,
        requestRate: undefined,
        multipartThreshold: Number.POSITIVE_INFINITY,
        partSize: undefined,
        ...target,
      },
    ],
    mirrors: [
      {
        name: 'm',
        source: '',
        createSource: false,
        target: 't',
        container: 'c',
        prefix: 'p/',
        exclude: [],
        include: [],
        watch: 'scan',
        chokidarLimit: 0,
        settleMs: 0,
        settleLimitMs: 0,
        rescanMs: 0,
        reconcileMs: 0,
        leaseMs: 0,
        workers: false,
        maxLagMs: 0,
        heartbeat: undefined,
        indexSnapshot: undefined,
        inventory: undefined,
        deletes: 'mirror',
        trashPrefix: '.longshore/trash/',
        trashKeepMs: 0,
        verify: undefined,
        guard: undefined,
        overwrite: 'always',
        extraneous: 'keep',
        symlinks: 'skip',
        folders: 'skip',
        hardlinks: 'copy',
        headers: [],
        metadata: ['mtime', 'mode'],
        index: 'lmdb',
        ...mirror,
      },
    ],
  };
}

/** The same call, made once. */
function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= run();
    return running;
  };
}
