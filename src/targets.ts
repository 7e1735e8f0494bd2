import type { TargetConfig } from './config/config.js';
import type { Backend } from './drivers/backend.js';
import { type Layer, layered } from './drivers/layers/layer.js';
import type { Notice } from './drivers/notice.js';
import type { Logger } from './log.js';
import type { SharedLimits } from './scale/shared-limits.js';
import type { Ledger } from './state/ledger.js';
import { isContainerTrouble } from './sync/failure.js';
import { deletesAtOnce } from './sync/store/delete-batch.js';
import { combineJobs, type Job } from './sync/work/job.js';
import { createQueue, type JobQueue } from './sync/work/queue.js';
import { type TargetHealth, watchHealth } from './sync/work/target-health.js';
import type { World } from './world.js';

/** A configured target: its backend and the layers around it, its queue, not started yet, and its health. Mirrors that name it share it. */
export interface Target {
  readonly config: TargetConfig;
  /** The driver's own, in no layer. */
  readonly bare: Backend;
  /** From the inside out. All backends that have them share one set of limits. */
  readonly layers: readonly Layer[];
  readonly queue: JobQueue<Job>;
  readonly health: TargetHealth;
  /** When it last throttled, on the monotonic clock; undefined: it has not. */
  readonly throttledAtMs: () => number | undefined;
  /** Holds it to these rates from now on. One takes the place of another: a target opened without a rate keeps to none. */
  limitTo(limits: TargetLimits): void;
  close(): Promise<void>;
}

export type TargetLimits = Pick<TargetConfig, 'bandwidth' | 'requestRate'>;

export interface OpenTargetOptions {
  readonly config: TargetConfig;
  /** What its driver detected about the provider. */
  readonly found: string | undefined;
  /** A container whose answers show whether the target works. */
  readonly container: string;
  readonly world: World;
  readonly drain: AbortSignal;
  /** Its limits over all processes that use it. Undefined: this is the only one. */
  readonly shared?: SharedLimits | undefined;
  readonly patienceMs: number;
  readonly giveUp: (error: Error) => void;
}

/** Jobs that wait in memory; the others wait in the scan that finds them. More would outlive the young garbage and cost CPU. */
const MOST_WAITING = 500;

/** What the driver detects about its provider by a request. The ledger of the target's first mirror keeps the answer. */
export async function detect(
  config: TargetConfig,
  ledger: Ledger,
  { clock, log, findDriver }: Pick<World, 'clock' | 'log' | 'findDriver'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const kept = ledger.read().found;
  const found = await findDriver(config.driver).detect?.(
    config.settings,
    { clock, notice: noticeOf(config, log), ...(kept !== undefined && { detected: kept }) },
    { signal },
  );
  if (found !== undefined && found !== kept)
    await ledger.update((document) => ({ ...document, found }));
  return found;
}

function noticeOf({ name }: TargetConfig, log: Logger): Notice {
  return (event, fields) => log.warn(event, { target: name, ...fields });
}

export async function openTarget({
  config,
  found,
  container,
  world,
  drain,
  shared,
  patienceMs,
  giveUp,
}: OpenTargetOptions): Promise<Target> {
  const { clock, log, random } = world;
  const bare = await world.findDriver(config.driver).open(config.settings, {
    clock,
    notice: noticeOf(config, log),
    ...(found !== undefined && { detected: found }),
  });
  const concurrency = config.concurrency ?? bare.capabilities.concurrency;
  let limits: TargetLimits = config;
  const layers = world.layersOf(config, concurrency, drain, () => limits, shared);
  const backend = layered(bare, layers);
  const waitingLimit = Math.max(MOST_WAITING, 2 * concurrency);
  const queue = createQueue<Job>({
    concurrency,
    waitingLimit,
    deletesAtOnce: deletesAtOnce(bare.capabilities),
    combine: combineJobs,
    signal: drain,
  });
  const probe = async (signal: AbortSignal) => {
    try {
      await backend.headContainer(container, { signal });
    } catch (error) {
      // The target answers: trouble with one container stops only the mirrors that use it.
      if (!isContainerTrouble(error, container)) throw error;
    }
  };
  const health = watchHealth({
    target: config.name,
    probe,
    queue,
    clock,
    log,
    random,
    signal: drain,
    patienceMs,
    giveUp,
  });
  const throttling = watchThrottling(config.name, world);
  return {
    config,
    bare,
    layers,
    queue,
    health,
    throttledAtMs: throttling.lastAtMs,
    limitTo(next) {
      limits = next;
    },
    async close() {
      throttling.unlisten();
      await shared?.close();
      await bare.close();
    },
  };
}

/** Notes when the calls of a target that may be under way became fewer, which follows from throttling alone. */
function watchThrottling(
  name: string,
  { telemetry, clock }: Pick<World, 'telemetry' | 'clock'>,
): { lastAtMs(): number | undefined; unlisten(): void } {
  let calls = Number.NEGATIVE_INFINITY;
  let atMs: number | undefined;
  const unlisten = telemetry.listen(['call-limit'], (event) => {
    if (event.target !== name) return;
    if (event.calls < calls) atMs = clock.monotonic();
    calls = event.calls;
  });
  return { lastAtMs: () => atMs, unlisten };
}
