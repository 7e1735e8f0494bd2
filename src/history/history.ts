import { join } from 'node:path';
import { dayOf, ownZone } from '../calendar-day.js';
import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { readIfPresent, writeDurably } from '../state/durable-file.js';
import { reasonOf, StateDamagedError } from '../state/errors.js';
import { setAside } from '../state/set-aside.js';
import type { LagAnswer, ThroughputAnswer } from '../status/schema-history.js';
import type { TargetCallsAnswer } from '../status/schema-targets.js';
import type { MirrorStatus } from '../sync/events.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { createCallCount } from './call-count.js';
import { shownCalls, withCalls } from './calls-ring.js';
import { type ShownDay, shownDays, withSample } from './day-ring.js';
import {
  EMPTY_TARGET,
  historyText,
  type MirrorRings,
  parseHistory,
  type Recorded,
} from './history-file.js';
import { EMPTY_LAGS, lastDay, stepOf, withLag } from './lag-ring.js';
import { daySampleOf } from './sample.js';
import { lastHour, withBytes } from './throughput-ring.js';

export interface HistoryOptions {
  readonly stateFolder: string;
  /** Those of the configuration, now. */
  readonly mirrors: () => readonly { readonly name: string; readonly lagTargetSeconds: number }[];
  readonly targets: () => readonly string[];
  /** Of all mirrors, now. */
  readonly read: () => readonly MirrorStatus[];
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn' | 'info'>;
  /** An IANA name: where a day begins. By default the zone of this process. */
  readonly zone?: string;
}

/** How the mirrors and targets were: a day of lags, 90 days, an hour of throughput, a month of calls. Survives restarts. */
export interface History {
  /** Undefined: there is no mirror of this name. */
  lag(mirror: string): LagAnswer | undefined;
  days(mirror: string): readonly ShownDay[] | undefined;
  throughput(target: string): ThroughputAnswer | undefined;
  calls(target: string): TargetCallsAnswer | undefined;
  /** Writes what is not written yet, and listens no more. */
  close(): Promise<void>;
}

const FILE = 'history.json';
const SAMPLE_MS = 10_000;
/** What a sample stands for at most: after a suspended machine woke up, the time between two of them is not known. */
const LONGEST_SAMPLE_SECONDS = 60;

/**
 * What the configuration does not name any more is forgotten. A file that is damaged is set aside, and the history begins again.
 *
 * @throws StateUnavailableError, StateNewerError: then there is no history, and the file is left alone
 */
export async function openHistory(options: HistoryOptions): Promise<History> {
  const { clock, telemetry, log, zone = ownZone() } = options;
  const file = join(options.stateFolder, FILE);
  const recorded = await readHistory(file, clock, log);
  const mirrors = new Map(
    options.mirrors().map(({ name }) => [name, recorded.mirrors.get(name) ?? NOTHING]),
  );
  const targets = new Map(
    options.targets().map((name) => [name, recorded.targets.get(name) ?? EMPTY_TARGET]),
  );
  const counted = createCallCount(telemetry);
  const monthOf = (atMs: number) => dayOf(atMs, zone).slice(0, 7);
  let sampledAt = clock.monotonic();
  let writtenStep = stepOf(clock.now());
  let writing: Promise<void> = Promise.resolve();
  let isFailing = false;

  /** Once for each trouble, not once for each sample. */
  function complain(error: unknown): void {
    if (!isFailing) log.warn('history not kept', { file, error });
    isFailing = true;
  }

  const names = () => options.mirrors().map(({ name }) => name);
  const ringsOf = (mirror: string) =>
    mirrors.get(mirror) ?? (names().includes(mirror) ? NOTHING : undefined);
  const ringsOfTarget = (target: string) =>
    targets.get(target) ?? (options.targets().includes(target) ? EMPTY_TARGET : undefined);

  function trySample(): void {
    try {
      sample();
    } catch (error) {
      complain(error);
    }
  }

  function sample(): void {
    const [now, at] = [clock.now(), clock.monotonic()];
    const seconds = Math.min(LONGEST_SAMPLE_SECONDS, (at - sampledAt) / 1_000);
    sampledAt = at;
    const configured = options.mirrors();
    keepOnly(mirrors, names(), NOTHING);
    keepOnly(targets, options.targets(), EMPTY_TARGET);
    for (const status of options.read()) {
      const rings = mirrors.get(status.mirror);
      const target = configured.find(({ name }) => name === status.mirror)?.lagTargetSeconds;
      if (rings === undefined || target === undefined) continue;
      mirrors.set(status.mirror, sampled(rings, status, { now, seconds, target, zone }));
    }
    for (const [name, { throughput, calls }] of targets) {
      const taken = counted.take(name);
      targets.set(name, {
        throughput: withBytes(throughput, now, taken.bytes, taken.throttled),
        calls: withCalls(calls, now, monthOf(now), taken),
      });
    }
    if (stepOf(now) === writtenStep) return;
    writtenStep = stepOf(now);
    write();
  }

  function write(): void {
    writing = writing
      .then(() => writeDurably(file, historyText({ mirrors, targets })))
      .then(() => {
        isFailing = false;
      }, complain);
  }

  const stop = repeat(clock, SAMPLE_MS, trySample);
  return {
    lag: (mirror) => ifKnown(ringsOf(mirror), ({ lags }) => lastDay(lags, clock.now())),
    days: (mirror) =>
      ifKnown(ringsOf(mirror), ({ days }) => shownDays(days, dayOf(clock.now(), zone))),
    throughput: (target) =>
      ifKnown(ringsOfTarget(target), ({ throughput }) => lastHour(throughput, clock.now())),
    calls: (target) =>
      ifKnown(ringsOfTarget(target), ({ calls }) => {
        const [now, month] = [clock.now(), monthOf(clock.now())];
        return shownCalls(withCalls(calls, now, month, counted.peek(target)), now, month);
      }),
    async close() {
      stop();
      trySample();
      counted.close();
      write();
      await writing;
    },
  };
}

const NOTHING: MirrorRings = { lags: EMPTY_LAGS, days: [] };

function sampled(
  { lags, days }: MirrorRings,
  status: MirrorStatus,
  {
    now,
    seconds,
    target,
    zone,
  }: {
    readonly now: number;
    readonly seconds: number;
    readonly target: number;
    readonly zone: string;
  },
): MirrorRings {
  const sample = daySampleOf(status, target);
  return {
    lags: withLag(lags, now, status.lagSeconds),
    days:
      sample === undefined ? days : withSample(days, { ...sample, day: dayOf(now, zone), seconds }),
  };
}

async function readHistory(
  file: string,
  clock: Clock,
  log: HistoryOptions['log'],
): Promise<Recorded> {
  const nothing: Recorded = { mirrors: new Map(), targets: new Map() };
  try {
    const text = await readIfPresent(file);
    return text === undefined ? nothing : parseHistory(text, file);
  } catch (error) {
    if (!(error instanceof StateDamagedError)) throw error;
    const kept = await setAside(file, [], clock).catch(
      (cause: unknown) => `not kept: ${reasonOf(cause)}`,
    );
    log.warn('history damaged, begun again', { file, kept, error });
    return nothing;
  }
}

/** Those of the configuration, and no others. */
function keepOnly<T>(kept: Map<string, T>, names: readonly string[], nothing: T): void {
  for (const name of kept.keys()) if (!names.includes(name)) kept.delete(name);
  for (const name of names) if (!kept.has(name)) kept.set(name, nothing);
}

function repeat(clock: Pick<Clock, 'after'>, ms: number, run: () => void): () => void {
  let cancel = () => {};
  const next = () => {
    run();
    cancel = clock.after(ms, next);
  };
  cancel = clock.after(ms, next);
  return () => cancel();
}

function ifKnown<T, R>(value: T | undefined, then: (value: T) => R): R | undefined {
  return value === undefined ? undefined : then(value);
}
