import { describe, expect, it } from 'vitest';
import { logEvents } from '../../src/cli/log-events.js';
import { systemClock } from '../../src/clock.js';
import { createLogger } from '../../src/log.js';
import type { MirrorState, SyncEvent } from '../../src/sync/events.js';
import { report, sink } from './console.js';

/** What the log says of these events, one entry a line; the clock moves on by `stepMs` before each. */
async function logged(
  events: readonly SyncEvent[],
  { level = 'info', stepMs = 1 }: { level?: 'info' | 'debug'; stepMs?: number } = {},
) {
  const stream = sink();
  let now = 0;
  const log = createLogger({ level, format: 'json', stream, clock: systemClock });
  const observe = logEvents(log, { monotonic: () => now });
  for (const event of events) {
    now += stepMs;
    observe(event);
  }
  await log.close();
  const lines = stream.text().split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const mirror = 'documents';
const done: SyncEvent = {
  mirror,
  event: 'done',
  job: 'upload_object',
  name: 'a',
  why: 'new',
  bytes: 1,
  seconds: 0.1,
};
const skipped = (reason: 'unreadable' | 'link-skipped'): SyncEvent => ({
  mirror,
  event: 'skipped',
  path: 'x',
  reason,
  detail: 'EACCES',
});
const progress: SyncEvent = {
  mirror,
  event: 'progress',
  progress: { scanned: 5, jobsDue: 4, jobsDone: 3, bytesDue: 2, bytesDone: 1 },
};
const state = (to: MirrorState): SyncEvent => ({
  mirror,
  event: 'state-changed',
  state: to,
  why: 'because',
});

describe('the log of what sync does', () => {
  it('logs what an operator should see at warn or above', async () => {
    const failed: SyncEvent = {
      mirror,
      event: 'failed',
      job: 'upload_object',
      name: 'a',
      error: 'disk on fire',
      attempt: 2,
      retryInMs: 10,
    };
    const lines = await logged([
      failed,
      skipped('unreadable'),
      skipped('link-skipped'),
      state('source-missing'),
      state('in-sync'),
    ]);
    expect(lines).toMatchObject([
      {
        level: 'warn',
        event: 'object failed',
        mirror,
        name: 'a',
        error: 'disk on fire',
        retryInMs: 10,
      },
      { level: 'warn', event: 'object skipped', path: 'x', reason: 'unreadable', detail: 'EACCES' },
      { level: 'error', event: 'state changed', state: 'source-missing', why: 'because' },
      { level: 'info', event: 'state changed', state: 'in-sync' },
    ]);
  });

  it('says at level debug that a file was written to while it was read, until that has lasted', async () => {
    const passing: SyncEvent = {
      mirror,
      event: 'failed',
      job: 'upload_object',
      name: 'a',
      error: 'busy',
      attempt: 1,
      retryInMs: 10,
      passing: true,
    };
    expect(await logged([passing])).toEqual([]);
    expect(await logged([passing], { level: 'debug' })).toMatchObject([
      { level: 'debug', event: 'object failed', name: 'a' },
    ]);
  });

  it('logs a state once, and at level debug when only its reason has changed', async () => {
    const again: SyncEvent = {
      mirror,
      event: 'state-changed',
      state: 'target-down',
      why: 'another reason',
    };
    const other: SyncEvent = { ...again, mirror: 'photos' };
    const events = [state('target-down'), again, other, state('in-sync'), state('target-down')];
    expect((await logged(events)).map(({ mirror: of, state: to, why }) => [of, to, why])).toEqual([
      [mirror, 'target-down', 'because'],
      ['photos', 'target-down', 'another reason'],
      [mirror, 'in-sync', 'because'],
      [mirror, 'target-down', 'because'],
    ]);
    expect(await logged(events, { level: 'debug' })).toContainEqual(
      expect.objectContaining({ level: 'debug', why: 'another reason' }),
    );
  });

  it('has no line above debug for the coming and going of work, and one when trouble ends with it', async () => {
    const work = [
      state('scanning'),
      state('transferring'),
      state('in-sync'),
      state('transferring'),
      state('in-sync'),
    ];
    const trouble = [state('target-down'), state('scanning'), state('in-sync')];
    expect(
      (await logged([...work, ...trouble])).map(({ level, state: to }) => [level, to]),
    ).toEqual([
      ['info', 'in-sync'],
      ['error', 'target-down'],
      ['info', 'scanning'],
      ['info', 'in-sync'],
    ]);
  });

  it('has a line for each object at level debug only', async () => {
    expect(await logged([done])).toEqual([]);
    expect(await logged([done], { level: 'debug' })).toMatchObject([
      { level: 'debug', event: 'done', name: 'a' },
    ]);
  });

  it('logs the begin and the end of a run, and its progress each minute', async () => {
    const started: SyncEvent = { mirror, event: 'run-started', run: 'scan', why: 'timer' };
    const finished: SyncEvent = {
      mirror,
      event: 'run-finished',
      run: 'scan',
      report: report({ uploaded: 2 }),
      complete: true,
    };
    const lines = await logged([started, ...Array.from({ length: 21 }, () => progress), finished], {
      stepMs: 10_000,
    });
    expect(lines.map(({ event }) => event)).toEqual([
      'run started',
      'progress',
      'progress',
      'progress',
      'run finished',
    ]);
    expect(lines[1]).toMatchObject({ scanned: 5, bytesDone: 1 });
    expect(lines.at(-1)).toMatchObject({ run: 'scan', complete: true, uploaded: 2 });
  });
});
