import { ownZone } from '../../calendar-day.js';
import type { Backend } from '../../drivers/backend.js';
import type { ObjectName } from '../../state/object-index.js';
import type { Damage } from '../decide-healing.js';
import { momentNow } from '../moment.js';
import { REPORTED } from '../reported.js';
import type { SourceView } from '../source/source-view.js';
import type { Books } from '../work/books.js';
import { NO_RUN } from '../work/job.js';
import { type Admission, keyOf } from './admission.js';
import { type AskedVerify, createAskedVerify } from './asked-verify.js';
import type { ExamineOptions } from './examine-object.js';
import type { MirrorParts } from './mirror-parts.js';
import type { MirrorStats } from './mirror-stats.js';
import { pacedReadBack } from './paced-read-back.js';
import { withRead, withRun } from './past-runs.js';
import { quietTimes } from './quiet-times.js';
import { createScrub, type Scrub } from './scrub.js';
import type { OpenFindings } from './scrub-findings.js';

export interface ScrubParts {
  readonly parts: Pick<
    MirrorParts,
    | 'settings'
    | 'backend'
    | 'verifying'
    | 'remoteReadBack'
    | 'index'
    | 'ledger'
    | 'queue'
    | 'paused'
    | 'health'
    | 'clock'
    | 'log'
  >;
  readonly books: Pick<Books, 'proveAll'>;
  readonly admission: Pick<Admission, 'add'>;
  readonly source: Pick<SourceView, 'statPath'>;
  readonly stats: Pick<MirrorStats, 'report' | 'skipped'>;
  /** Shared by all that reads objects back without being asked to. */
  readonly findings: OpenFindings;
}

/** The scrub of a mirror, over its own index, queue and source. Undefined where the mirror has none. */
export function openScrub(scrubbed: ScrubParts): Scrub | undefined {
  const { parts } = scrubbed;
  const { settings, verifying, remoteReadBack, ledger, queue, paused, health, clock } = parts;
  const { verify } = settings;
  if (verify === undefined || verifying === undefined) return undefined;
  const { backend, draw, throttledAtMs } = verifying;
  const whenIdle = quietTimes({ queue, health, throttledAtMs, clock });
  const whenQuiet = async (signal: AbortSignal) => {
    await paused?.gate.whenOpen(signal);
    await whenIdle(signal);
  };
  return createScrub({
    ...examinedOf(scrubbed, readingInQuietTimes(backend, whenQuiet)),
    pace: verify,
    reads: verify.by === 'daemon',
    findings: scrubbed.findings,
    remote: remoteReadBack && pacedReadBack(remoteReadBack, { draw, whenQuiet }),
    mostBytes: Math.min(MOST_ELSEWHERE, MOST_SECONDS_ELSEWHERE * verify.bytesPerSecond),
    whenUp: whenQuiet,
    noteRead: (read) =>
      ledger.update((document) => ({
        ...document,
        pastRuns: withRead(document.pastRuns ?? [], read, ownZone()),
      })),
  });
}

/**
 * What one job reads, in bytes, and in seconds of the pace: it is not interrupted when the times are not quiet any more, nor held to
 * the pace while it reads.
 */
const MOST_ELSEWHERE = 64 * 1024 * 1024;
const MOST_SECONDS_ELSEWHERE = 10;

/** What a person asks to be read back is read at once, also where the mirror has no scrub; uploads go on meanwhile. */
export function openAskedVerify(scrubbed: ScrubParts): AskedVerify {
  const { backend, index, ledger, paused, health } = scrubbed.parts;
  return createAskedVerify({
    ...examinedOf(scrubbed, backend),
    index,
    remote: scrubbed.parts.remoteReadBack,
    mostBytes: Number.POSITIVE_INFINITY,
    noteRun: (run) =>
      ledger.update((document) => ({
        ...document,
        pastRuns: withRun(document.pastRuns ?? [], run),
      })),
    async whenUp(signal) {
      await paused?.gate.whenOpen(signal);
      await health.whenUp(signal);
    },
  });
}

export function examinedOf(scrubbed: ScrubParts, backend: Backend): ExamineOptions {
  const { settings, index, queue, clock, log } = scrubbed.parts;
  const { name: mirror, container, prefix } = settings;
  return {
    mirror,
    root: { backend, container, prefix },
    index,
    proveAll: scrubbed.books.proveAll,
    hasJob: (name) => queue.has(keyOf(mirror, name)),
    heal: (name, damage, detail) => heal(name, damage, detail, scrubbed),
    clock,
    log,
  };
}

/** A large object takes hours at a small bandwidth, and uploads must not wait for it. A small one is read in one go. */
function readingInQuietTimes(
  backend: Backend,
  whenQuiet: (signal: AbortSignal) => Promise<void>,
): Backend {
  async function* paused(source: AsyncIterable<Uint8Array>, signal: AbortSignal) {
    for await (const chunk of source) {
      await whenQuiet(signal);
      yield chunk;
    }
  }
  return {
    ...backend,
    readObject: async (ref, range, call) =>
      paused(await backend.readObject(ref, range, call), call.signal),
  };
}

/** Reports the object. When it is to be healed and its file is there, a job of its own compares their contents. */
async function heal(
  name: ObjectName,
  damage: Damage,
  detail: string,
  { parts: { settings, clock }, admission, source, stats }: ScrubParts,
): Promise<void> {
  const { heal: mayHeal = false, keepDamaged = false } = settings.verify ?? {};
  const state = source.statPath(name);
  const local = state.found === 'entry' ? state.entry : undefined;
  const healing = mayHeal && local !== undefined;
  const { problem } = damage;
  stats.report({ event: 'damage-found', name, problem, detail, healing });
  if (!mayHeal || state.found === 'unknown') return;
  if (local === undefined) {
    const reason = problem === 'missing' ? 'object-missing' : 'object-damaged';
    return stats.skipped(name, reason, REPORTED[reason]);
  }
  await admission.add({
    name,
    local,
    remote: 'ask',
    run: NO_RUN,
    mayBeRenamed: false,
    since: momentNow(clock),
    damage: { ...damage, ...(keepDamaged && { keep: true }) },
  });
}
