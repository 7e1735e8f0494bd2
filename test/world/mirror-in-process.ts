import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.js';
import type { Backend } from '../../src/drivers/backend.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { NO_LEASE } from '../../src/lease/no-lease.js';
import { silentLogger } from '../../src/log.js';
import { childController } from '../../src/signal.js';
import { openState } from '../../src/state/open-state.js';
import type { SyncEvent } from '../../src/sync/events.js';
import { openGuard } from '../../src/sync/guard/open-guard.js';
import type { ScanResult } from '../../src/sync/mirror/finish-run.js';
import { createMirror, type Mirror } from '../../src/sync/mirror/mirror.js';
import { scanMirror } from '../../src/sync/mirror/scan-mirror.js';
import type { MirrorSettings } from '../../src/sync/mirror-settings.js';
import { RUNS } from '../../src/sync/run.js';
import { openFileReader } from '../../src/sync/source/file-reader.js';
import { ensureContainer } from '../../src/sync/store/container-store.js';
import { deletesAtOnce } from '../../src/sync/store/delete-batch.js';
import type { Persistence } from '../../src/sync/work/attempt-parts.js';
import { combineJobs, type Job } from '../../src/sync/work/job.js';
import { createQueue } from '../../src/sync/work/queue.js';
import { watchHealth } from '../../src/sync/work/target-health.js';
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
  /** Takes no more work and lets running transfers finish, like a first stop signal. */
  drain(): void;
  /** Names and contents of all objects. */
  objects(): Promise<Record<string, string>>;
}

export interface FixtureOptions {
  readonly settings?: Partial<MirrorSettings>;
  readonly persistence?: Persistence;
  /** Milliseconds. Longer waits, such as those between attempts, are shortened to this. */
  readonly longestWaitMs?: number;
  /** Makes storage with fewer capabilities out of the one in memory. */
  readonly wrap?: (backend: Backend) => Backend;
  /** What becomes of each job on its way from the queue to the mirror. */
  readonly carry?: (job: Job) => Job;
}

const QUICK: Persistence = { backoff: { firstMs: 1, limitMs: 5 }, attempts: 4, keepsTrying: false };
const never = new AbortController().signal;

export async function openMirrorFixture({
  settings = {},
  persistence = QUICK,
  longestWaitMs = 20,
  wrap = (backend) => backend,
  carry = (job) => job,
}: FixtureOptions = {}): Promise<MirrorFixture> {
  const folder = createFolder('mirror');
  const source = join(folder, 'source');
  mkdirSync(source);
  const storage = memoryBackend();
  const { backend, faults } = faulty(wrap(storage));
  const state = await openState({
    folder: join(folder, 'state'),
    mirrors: [{ name: 'm', engine: 'lmdb' }],
    clock: systemClock,
  });
  const store = state.mirrors.get('m');
  if (!store) throw new Error('no state was opened');
  const events: SyncEvent[] = [];
  const guard = await openGuard({
    ...store,
    rule: settings.guard,
    clock: systemClock,
    listener: (holding, why) => events.push({ mirror: 'm', event: 'guard', holding, why }),
  });
  const reader = openFileReader({ source, follow: false });
  const stop = new AbortController();
  const drain = childController(stop.signal).controller;
  const queue = createQueue<Job>({
    combine: combineJobs,
    concurrency: 4,
    waitingLimit: 100,
    deletesAtOnce: deletesAtOnce(backend.capabilities),
    run: (job) => mirror.run(carry(job)),
    dropped: (job) => mirror.dropped(job),
    signal: drain.signal,
  });
  const clock = {
    ...systemClock,
    sleep: (ms: number, signal?: AbortSignal) =>
      systemClock.sleep(Math.min(ms, longestWaitMs), signal),
  };
  const health = watchHealth({
    target: 't',
    probe: async (signal) => void (await backend.headContainer('c', { signal })),
    queue,
    clock,
    log: silentLogger,
    random: () => 0,
    signal: drain.signal,
    patienceMs: Number.POSITIVE_INFINITY,
    giveUp: () => {},
  });
  const mirror = createMirror({
    settings: {
      name: 'm',
      source,
      target: 't',
      container: 'c',
      prefix: 'p/',
      exclude: [],
      include: [],
      never: [],
      symlinks: 'skip',
      policy: {
        overwrite: 'always',
        extraneous: 'keep',
        deletes: 'mirror',
        metadata: { mtime: true, mode: true, owner: false },
      },
      headers: [],
      trashPrefix: '.longshore/trash/',
      trashKeepMs: 0,
      guard: undefined,
      partsAbove: Number.POSITIVE_INFINITY,
      partSize: undefined,
      watch: 'scan',
      chokidarLimit: 0,
      settleMs: 0,
      settleLimitMs: 0,
      rescanMs: 0,
      reconcileMs: 0,
      ...settings,
    },
    backend,
    lease: NO_LEASE,
    index: guard.index,
    guard,
    ledger: store.ledger,
    location: store.location,
    reader,
    queue,
    health,
    persistence,
    statAgain: false,
    walksTwice: true,
    clock,
    log: silentLogger,
    random: () => 0,
    observe: (event) => events.push(event),
    drain: drain.signal,
    interrupt: stop.signal,
  });
  await ensureContainer(storage, 'c', never);
  const end = () => stop.abort(new Error('the program ends'));
  onTestFinished(async () => {
    end();
    queue.clear();
    await queue.whenIdle();
    await reader.close();
    await state.close();
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
