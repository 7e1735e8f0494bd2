import type { Clock } from '../clock.js';
import type { Config, MirrorConfig, TargetConfig } from '../config/config.js';
import type { QueueConfig } from '../config/queue.js';
import { type FoundDaemon, findDaemon } from '../scale/daemon-facts.js';
import { queueNames, servedDaemon } from '../scale/queue-names.js';
import { openRedis, type RedisConnection } from '../scale/redis.js';
import { findTarget, openTarget } from './drivers.js';
import { EXIT } from './exit.js';
import { interruptible } from './interruptible.js';
import type { Io } from './io.js';
import { openOutput } from './output.js';
import {
  clockFinding,
  type Finding,
  leaseFinding,
  messageOf,
  ofDaemon,
} from './worker-findings.js';

/** Longest wait for a connection to Redis. */
const CONNECT_MS = 5_000;
const POLL_MS = 50;

/**
 * `longshore check --worker`: asks Redis and the targets whether a worker on this machine would get jobs and could do them. FAILED
 * when anything keeps it from that.
 */
export async function checkWorker(
  config: Config,
  mirrors: readonly MirrorConfig[],
  queue: QueueConfig,
  io: Io,
): Promise<number> {
  const output = openOutput(io.stdout);
  let failed = false;
  const report = (name: string, { what, problem, found }: Finding) => {
    failed ||= problem !== undefined;
    const text = problem ?? found ?? '';
    output.line(
      `  ${problem === undefined ? 'ok    ' : 'FAILED'}  ${name}: ${what}${text === '' ? '' : `: ${text}`}`,
    );
  };
  await interruptible(io, async (signal) => {
    const redis = await openRedis(queue.redis, 'prompt');
    const names = queueNames(servedDaemon(config));
    try {
      const isThere = await redisFinding(redis, queue, io.clock, signal);
      report('queue', isThere);
      for (const mirror of mirrors) {
        const target = findTarget(config, mirror.target);
        const daemon =
          isThere.problem === undefined ? await findDaemon(redis, names, mirror.name) : undefined;
        const said =
          daemon === undefined ? [] : await ofDaemon(daemon, names.daemon, mirror, target, signal);
        const seen = await ofTarget(mirror, target, daemon, io, signal);
        for (const finding of [...said, ...seen]) report(mirror.name, finding);
      }
    } finally {
      await redis.close();
    }
    return EXIT.OK;
  });
  await output.finish();
  return failed ? EXIT.FAILED : EXIT.OK;
}

async function redisFinding(
  redis: RedisConnection,
  { redis: { host, port } }: QueueConfig,
  clock: Clock,
  signal: AbortSignal,
): Promise<Finding> {
  const what = `Redis at ${host}:${port} is reachable, and keeps what it has`;
  try {
    const deadlineMs = clock.monotonic() + CONNECT_MS;
    while (!redis.isUp() && clock.monotonic() < deadlineMs) await clock.sleep(POLL_MS, signal);
    if (!redis.isUp())
      throw redis.trouble() ?? new Error(`no connection within ${CONNECT_MS / 1_000} s`);
    await redis.prove();
    return { what };
  } catch (error) {
    signal.throwIfAborted();
    return { what, problem: messageOf(error) };
  }
}

/** What is in the container, and whether this machine may write there. */
async function ofTarget(
  mirror: MirrorConfig,
  target: TargetConfig,
  daemon: FoundDaemon | undefined,
  io: Io,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  try {
    const backend = await openTarget(target, io, signal);
    try {
      return [
        await leaseFinding(backend, mirror, daemon, signal),
        await clockFinding(backend, mirror, io.clock, signal),
      ];
    } finally {
      await backend.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    return [{ what: `target ${target.name} can be opened`, problem: messageOf(error) }];
  }
}
