import { onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.js';
import type { RedisConfig } from '../../src/config/queue.js';
import type { Logger } from '../../src/log.js';
import { type JobSource, openJobSource, type TakenJob } from '../../src/scale/bullmq.js';
import type { JobFacts } from '../../src/scale/job-form.js';
import { openQueueDispatcher, type QueueDispatcher } from '../../src/scale/queue-dispatcher.js';
import { PROTOCOL, type QueueNames, queueNames } from '../../src/scale/queue-names.js';
import { openRedis, type RedisConnection } from '../../src/scale/redis.js';
import { countWorkerAnswers } from '../../src/scale/worker-answers.js';
import { putSign, removeSign } from '../../src/scale/worker-sign.js';

/** The system's clock, on which everything that waits for it comes so many times sooner. */
export function fastClock(times: number): Clock {
  const { now, monotonic, sleep, after } = systemClock;
  const beganMs = monotonic();
  return {
    now,
    monotonic: () => beganMs + (monotonic() - beganMs) * times,
    sleep: (ms, signal) => sleep(ms / times, signal),
    after: (ms, run) => after(ms / times, run),
  };
}

export interface LoggedLine {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function keptLog(): { readonly log: Logger; readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const at =
    (level: LoggedLine['level']) =>
    (event: string, fields: Readonly<Record<string, unknown>> = {}) =>
      void lines.push({ level, event, fields });
  const log = {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    debugEnabled: true,
  } as unknown as Logger;
  return { log, lines };
}

export const FACTS: JobFacts = {
  settings: { place: 'abc' },
  epoch: { session: 'session', fence: 1 },
  source: { root: '1', landmarks: [] },
};

let number = 0;

export interface DispatcherOptions {
  readonly clock?: Clock;
  readonly daemon?: string;
  readonly self?: string;
  readonly doneAgain?: (payload: string) => void;
}

/** A dispatcher that serves the mirror `documents`, closed at the end of the test. */
export async function openTestDispatcher(
  config: RedisConfig,
  {
    clock = systemClock,
    daemon = uniqueName(),
    self = 'this daemon',
    doneAgain,
  }: DispatcherOptions = {},
) {
  const names = queueNames(daemon);
  const { log, lines } = keptLog();
  number += 1;
  const epoch = `test${Date.now().toString(36)}${number}`;
  const redis = await openRedis(config, 'prompt');
  const dispatcher = openQueueDispatcher({
    ...{ redis, names, self, epoch, clock, log },
    answers: countWorkerAnswers(log),
  });
  onTestFinished(() => dispatcher.close());
  const served = await dispatcher.serve('documents', () => FACTS, {
    ...(doneAgain && { doneAgain }),
  });
  return { dispatcher, served, names, redis, lines, epoch };
}

export function uniqueName(): string {
  number += 1;
  return `test-${process.pid}-${Date.now().toString(36)}-${number}`;
}

/** A worker for the mirror `documents`, which answers jobs by a function of the test. */
export interface TestWorker {
  readonly redis: RedisConnection;
  readonly source: JobSource;
  close(): Promise<void>;
}

export async function openTestWorker(
  config: RedisConfig,
  names: QueueNames,
  work: (job: TakenJob) => Promise<object>,
  { jobs = 8, id = 'worker:1', protocol = PROTOCOL } = {},
): Promise<TestWorker> {
  const redis = await openRedis(config, 'patient');
  const source = await openJobSource({
    name: names.queueOf('documents'),
    redis,
    jobs,
    work,
    failed: () => {},
  });
  await putSign(redis, names, { ...signOf(id, jobs), protocol });
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      await source.close();
      if (redis.isUp()) await removeSign(redis, names, id).catch(() => {});
      await redis.close();
    })();
    return closing;
  };
  onTestFinished(close);
  return { redis, source, close };
}

export function signOf(id: string, jobs: number) {
  return {
    id,
    host: 'worker',
    version: '0.0.0',
    protocol: PROTOCOL,
    mirrors: ['documents'],
    jobs,
    objects: 0,
    bytes: 0,
    objectsPerSecond: 0,
    refusals: [],
  };
}

/** Resolves when the dispatcher has looked into Redis, and found it fit. */
export async function untilUp(dispatcher: QueueDispatcher): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    await dispatcher.look();
    if (dispatcher.status().up) return;
    await systemClock.sleep(50);
  }
  throw new Error(`the queue is not up: ${dispatcher.status().why}`);
}
