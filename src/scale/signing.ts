import type { Clock } from '../clock.js';
import { withDeadline } from '../lease/with-deadline.js';
import type { Logger } from '../log.js';
import { orAborted } from '../signal.js';
import { PROTOCOL, type QueueNames } from './queue-names.js';
import type { RedisConnection } from './redis.js';
import { unfitBy } from './redis-trouble.js';
import { putSign, type WorkerSign } from './worker-sign.js';

/** What a worker says of itself to its daemon. */
export interface SigningOptions {
  /** A patient one. */
  readonly redis: RedisConnection;
  readonly names: QueueNames;
  /** What does not change. */
  readonly about: Pick<WorkerSign, 'id' | 'host' | 'version'>;
  /** At once. */
  readonly jobs: number;
  readonly mirrors: readonly { readonly name: string }[];
  /** Objects and bytes that were confirmed since the start. */
  readonly confirmed: () => { readonly objects: number; readonly bytes: number };
  readonly clock: Clock;
  readonly log: Logger;
}

/** What changes besides. */
export interface SignedState {
  /** Why it leaves mirrors alone, by their names. */
  readonly refusals: Map<string, string>;
  /** Between the last two regular signs. */
  objectsPerSecond: number;
}

const SIGN_EVERY_MS = 5_000;
/** No answer of a job waits longer for a sign: the next regular one says the same. */
const SIGN_WITHIN_MS = 1_000;

/** The first sign shows whether the user may do what a worker needs. Rejects with RedisUnfitError where not. */
export async function signFirst(
  options: SigningOptions,
  state: SignedState,
  signal: AbortSignal,
): Promise<void> {
  const { redis, names } = options;
  try {
    await orAborted(putSign(redis, names, signOf(options, state)), signal);
  } catch (error) {
    if (!signal.aborted) throw unfitBy(error) ?? error;
  }
}

/** Says what the worker does now, if Redis takes it soon. Never rejects. */
export async function signNow(
  options: SigningOptions,
  state: SignedState,
  signal: AbortSignal,
): Promise<void> {
  const { redis, names, clock, log } = options;
  if (!redis.isUp()) return;
  await withDeadline(clock, SIGN_WITHIN_MS, signal, () =>
    putSign(redis, names, signOf(options, state)),
  ).catch((error: unknown) => log.debug('the daemon does not see this worker', { error }));
}

/** Says what the worker does, until `signal` is aborted. */
export async function signRegularly(
  options: SigningOptions,
  state: SignedState,
  signal: AbortSignal,
): Promise<void> {
  const { redis, names, clock, log, confirmed } = options;
  const objectsPerSecond = createRate(clock, () => confirmed().objects);
  const unlisten = reportLink(options);
  while (!signal.aborted) {
    state.objectsPerSecond = objectsPerSecond();
    // Patient commands would pile up meanwhile.
    if (redis.isUp())
      await orAborted(putSign(redis, names, signOf(options, state)), signal).catch(
        (error: unknown) => log.debug('the daemon does not see this worker', { error }),
      );
    await clock.sleep(SIGN_EVERY_MS, signal).catch(() => {});
  }
  unlisten();
}

/** Logs when Redis goes away and comes back, also while a sign waits for its answer. Returns what ends that. */
function reportLink({ redis, log }: Pick<SigningOptions, 'redis' | 'log'>): () => void {
  let isReported = true;
  function report(isUp: boolean): void {
    if (isUp === isReported) return;
    isReported = isUp;
    if (isUp) log.info('queue up', {});
    else log.warn('queue away', { error: redis.trouble() });
  }
  report(redis.isUp());
  return redis.listen(report);
}

function signOf(
  { about, mirrors, jobs, confirmed }: SigningOptions,
  { refusals, objectsPerSecond }: SignedState,
): WorkerSign {
  return {
    ...about,
    protocol: PROTOCOL,
    mirrors: mirrors.map(({ name }) => name),
    jobs,
    ...confirmed(),
    objectsPerSecond,
    refusals: [...refusals].map(([mirror, why]) => ({ mirror, why })),
  };
}

/** Returns how much `count` has grown each second since the last call. */
function createRate(clock: Pick<Clock, 'monotonic'>, count: () => number): () => number {
  let last = { count: count(), atMs: clock.monotonic() };
  return () => {
    const now = { count: count(), atMs: clock.monotonic() };
    const seconds = (now.atMs - last.atMs) / 1_000;
    const rate = seconds <= 0 ? 0 : (now.count - last.count) / seconds;
    last = now;
    return Math.round(rate * 10) / 10;
  };
}
