import type { Clock } from '../clock.js';
import type { JobKind, RunKind, SyncEvent } from '../sync/events.js';
import type { CallEvent, EventNamed } from '../telemetry/events.js';
import { CLASS_OF, type RequestClass, receives } from '../telemetry/request-class.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import {
  type Distribution,
  emptyDistribution,
  JOB_BOUNDS,
  observe,
  REQUEST_BOUNDS,
} from './distribution.js';

export type RunResult = 'complete' | 'partial' | 'failed';

/** What was counted of one mirror since the start. */
export interface MirrorCounts {
  readonly done: Map<JobKind, DoneJobs>;
  readonly failed: Map<JobKind, number>;
  readonly held: Map<JobKind, number>;
  sentBytes: number;
  /** By kind of run and its result, such as `scan complete`. */
  readonly runs: Map<`${RunKind} ${RunResult}`, number>;
  readonly lastRun: Map<RunKind, RunResult>;
  readonly damage: Map<string, number>;
  /** When the mirror was last seen to be in sync, milliseconds since the epoch; undefined: not yet. */
  inSyncAtMs: number | undefined;
}

export interface DoneJobs {
  readonly seconds: Distribution;
  /** When the last one ended, milliseconds since the epoch. */
  lastMs: number;
}

/** What was counted of one target since the start. */
export interface TargetCounts {
  readonly requests: Map<RequestClass, Distribution>;
  /** By class of request and of error. */
  readonly failures: Map<RequestClass, Map<string, number>>;
  sentBytes: number;
  receivedBytes: number;
  throttles: number;
  waits: number;
  waitMs: number;
}

/** Counts what the program does, from its opening on, in plain numbers: an event costs some ten nanoseconds. */
export interface Counts {
  readonly mirrors: ReadonlyMap<string, MirrorCounts>;
  readonly targets: ReadonlyMap<string, TargetCounts>;
  /** A one-shot run ended with an error: it reports no end by itself. */
  runFailed(mirror: string, run: RunKind): void;
  close(): void;
}

/** Classes of errors that are counted by name; further ones are counted as `other`. */
const MOST_ERRORS = 40;

export function createCounts(telemetry: Telemetry, clock: Pick<Clock, 'now'>): Counts {
  const mirrors = new Map<string, MirrorCounts>();
  const targets = new Map<string, TargetCounts>();
  const mirrorOf = (name: string) => found(mirrors, name, emptyMirror);
  const targetOf = (name: string) => found(targets, name, emptyTarget);

  const ends = [
    telemetry.listen(['done'], (event) => countDone(mirrorOf(event.mirror), event, clock.now())),
    telemetry.listen(['failed'], ({ mirror, job }) => increment(mirrorOf(mirror).failed, job)),
    telemetry.listen(['held'], ({ mirror, job }) => increment(mirrorOf(mirror).held, job)),
    telemetry.listen(['run-finished'], ({ mirror, run, complete }) =>
      countRun(mirrorOf(mirror), run, complete ? 'complete' : 'partial'),
    ),
    telemetry.listen(['damage-found'], ({ mirror, problem }) =>
      increment(mirrorOf(mirror).damage, problem),
    ),
    telemetry.listen(['state-changed'], ({ mirror, state }) => {
      if (state === 'in-sync') mirrorOf(mirror).inSyncAtMs = clock.now();
    }),
    telemetry.listen(['call'], (event) => countCall(targetOf(event.target), event)),
    telemetry.listen(['wait'], (event) => countWait(targetOf(event.target), event)),
    telemetry.listen(['removed'], ({ what, name }) => {
      (what === 'mirror' ? mirrors : targets).delete(name);
    }),
  ];
  return {
    mirrors,
    targets,
    runFailed: (mirror, run) => countRun(mirrorOf(mirror), run, 'failed'),
    close() {
      for (const end of ends) end();
    },
  };
}

function countDone(
  counts: MirrorCounts,
  { job, bytes, seconds }: Extract<SyncEvent, { event: 'done' }>,
  nowMs: number,
): void {
  const done = found(counts.done, job, () => ({
    seconds: emptyDistribution(JOB_BOUNDS),
    lastMs: nowMs,
  }));
  observe(done.seconds, seconds);
  done.lastMs = nowMs;
  counts.sentBytes += bytes;
}

function countRun(counts: MirrorCounts, run: RunKind, result: RunResult): void {
  increment(counts.runs, `${run} ${result}`);
  counts.lastRun.set(run, result);
}

function countCall(counts: TargetCounts, { operation, ms, bytes, error }: CallEvent): void {
  const kind = CLASS_OF[operation];
  observe(
    found(counts.requests, kind, () => emptyDistribution(REQUEST_BOUNDS)),
    ms / 1000,
  );
  if (bytes !== null) {
    if (receives(operation)) counts.receivedBytes += bytes;
    else counts.sentBytes += bytes;
  }
  if (error === null) return;
  if (error === 'ThrottledError') counts.throttles += 1;
  const failures = found(counts.failures, kind, () => new Map<string, number>());
  increment(failures, failures.has(error) || failures.size < MOST_ERRORS ? error : 'other');
}

function countWait(counts: TargetCounts, { ms }: EventNamed<'wait'>): void {
  counts.waits += 1;
  counts.waitMs += ms;
}

function emptyMirror(): MirrorCounts {
  return {
    done: new Map(),
    failed: new Map(),
    held: new Map(),
    sentBytes: 0,
    runs: new Map(),
    lastRun: new Map(),
    damage: new Map(),
    inSyncAtMs: undefined,
  };
}

function emptyTarget(): TargetCounts {
  return {
    requests: new Map(),
    failures: new Map(),
    sentBytes: 0,
    receivedBytes: 0,
    throttles: 0,
    waits: 0,
    waitMs: 0,
  };
}

function found<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}

function increment<K>(map: Map<K, number>, key: K): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}
