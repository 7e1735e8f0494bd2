import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/log.js';
import { createCounts } from '../../src/metrics/counts.js';
import type { Sample } from '../../src/metrics/families.js';
import { createMetrics, familiesOf } from '../../src/metrics/metrics.js';
import { METRICS } from '../../src/metrics/names.js';
import type { CallEvent } from '../../src/telemetry/events.js';
import { createTelemetry } from '../../src/telemetry/telemetry.js';
import { fakeClock } from '../fakes/clock.js';
import {
  daemonStatus,
  mirrorStatus,
  queueStatus,
  report,
  targetStatus,
  workerRow,
} from '../status/statuses.js';

const call = (different: Partial<CallEvent> = {}): CallEvent => ({
  event: 'call',
  target: 'vault',
  operation: 'putObject',
  ms: 30,
  bytes: null,
  error: null,
  ...different,
});

function rig() {
  const clock = fakeClock();
  const telemetry = createTelemetry(silentLogger);
  const counts = createCounts(telemetry, clock);
  const done = (job: 'upload_object' | 'delete_object', bytes: number, seconds: number) =>
    telemetry.emit({
      mirror: 'documents',
      event: 'done',
      job,
      name: 'a',
      why: 'new',
      bytes,
      seconds,
    });
  /** The value of a sample; undefined: there is none. */
  const value = (
    name: keyof typeof METRICS,
    labels: Readonly<Record<string, string>> = {},
    suffix: Sample['suffix'] = '',
    status = daemonStatus(),
  ) =>
    familiesOf(status, counts)
      .find((family) => family.name === name)
      ?.samples.find(
        (sample) =>
          sample.suffix === suffix &&
          Object.entries(labels).every(([label, wanted]) => sample.labels[label] === wanted),
      )?.value;
  return { clock, telemetry, counts, done, value };
}

test('metrics: the lines of the log are a counter by level', () => {
  const { counts } = rig();
  const families = familiesOf(daemonStatus(), counts, { error: 3, info: 0 });
  const samples = families.find(({ name }) => name === 'longshore_log_lines_total')?.samples;
  expect(samples?.map(({ labels, value }) => [labels['level'], value])).toEqual([
    ['error', 3],
    ['info', 0],
  ]);
});

test('metrics: the queue, and its workers by what they do; none without a queue', () => {
  const { value } = rig();
  const refusals = [{ mirror: 'photos', why: 'another source' }];
  const queue = queueStatus({
    workers: [workerRow(), workerRow({ id: 'nas3:12', objects: 5, bytes: 50, refusals })],
    changedHands: 4,
    fenced: 3,
    redone: 2,
    refusedAnswers: 6,
    conflicts: 7,
  });
  const status = daemonStatus({ queue });
  const of = (name: keyof typeof METRICS, labels = {}) => value(name, labels, '', status);
  expect(of('longshore_queue_up')).toBe(1);
  expect(of('longshore_queue_jobs', { state: 'waiting' })).toBe(3);
  expect(of('longshore_queue_jobs', { state: 'active' })).toBe(2);
  expect(of('longshore_queue_oldest_seconds')).toBe(4);
  expect(of('longshore_workers', { state: 'serving' })).toBe(1);
  expect(of('longshore_workers', { state: 'refusing' })).toBe(1);
  expect(of('longshore_worker_objects_total', { worker: 'nas3:12' })).toBe(5);
  expect(of('longshore_worker_bytes_total', { worker: 'nas3:12' })).toBe(50);
  expect(of('longshore_jobs_changed_hands_total')).toBe(4);
  expect(of('longshore_jobs_fenced_total')).toBe(3);
  expect(of('longshore_jobs_redone_total')).toBe(2);
  expect(of('longshore_answers_refused_total')).toBe(6);
  expect(of('longshore_worker_conflicts_total')).toBe(7);
  expect(value('longshore_queue_up')).toBeUndefined();
});

describe('what is counted', () => {
  test('jobs by kind and result, their bytes, and their durations in buckets', () => {
    const { telemetry, done, value } = rig();
    for (const seconds of [0.005, 0.2, 7200]) done('upload_object', 10, seconds);
    done('delete_object', 0, 1);
    telemetry.emit({
      mirror: 'documents',
      event: 'failed',
      job: 'upload_object',
      name: 'b',
      error: 'no',
      attempt: 1,
      retryInMs: null,
    });
    const upload = { mirror: 'documents', kind: 'upload_object' };
    expect(value('longshore_jobs_total', { ...upload, result: 'done' })).toBe(3);
    expect(value('longshore_jobs_total', { ...upload, result: 'failed' })).toBe(1);
    expect(value('longshore_jobs_total', { kind: 'delete_object', result: 'done' })).toBe(1);
    expect(value('longshore_sent_bytes_total', { mirror: 'documents' })).toBe(30);
    const bucket = (le: string) =>
      value('longshore_job_duration_seconds', { ...upload, le }, '_bucket');
    expect([bucket('0.01'), bucket('0.5'), bucket('3600'), bucket('+Inf')]).toEqual([1, 2, 2, 3]);
    expect(value('longshore_job_duration_seconds', upload, '_count')).toBe(3);
    expect(value('longshore_job_duration_seconds', upload, '_sum')).toBeCloseTo(7200.205);
  });

  test('requests by class, failures by error, throttles, bytes by direction, and waits', () => {
    const { telemetry, value } = rig();
    telemetry.emit(call({ bytes: 100 }));
    telemetry.emit(call({ operation: 'putObjects', error: 'ThrottledError' }));
    telemetry.emit(call({ operation: 'readObject', bytes: 7 }));
    telemetry.emit({ event: 'wait', target: 'vault', ms: 1_500 });
    const request = (of: string) =>
      value('longshore_request_duration_seconds', { target: 'vault', class: of }, '_count');
    expect([request('put'), request('get'), request('list')]).toEqual([2, 1, undefined]);
    expect(
      value('longshore_request_failures_total', { class: 'put', error: 'ThrottledError' }),
    ).toBe(1);
    expect(value('longshore_throttles_total', { target: 'vault' })).toBe(1);
    expect(value('longshore_request_bytes_total', { direction: 'sent' })).toBe(100);
    expect(value('longshore_request_bytes_total', { direction: 'received' })).toBe(7);
    expect(value('longshore_limit_wait_seconds_total', { target: 'vault' })).toBe(1.5);
  });

  test('conflicts: writes whose precondition did not hold, and no copies of a source that is another one', () => {
    const { telemetry, value } = rig();
    const error = 'PreconditionFailedError';
    for (const operation of ['putObject', 'complete', 'copyObject'] as const)
      telemetry.emit(call({ operation, error }));
    telemetry.emit(call({ error: 'ThrottledError' }));
    expect(value('longshore_conflicts_total', { target: 'vault' })).toBe(2);
  });

  test('no more than some classes of errors have a series of their own', () => {
    const { telemetry, counts } = rig();
    for (let kind = 0; kind < 1_000; kind += 1) telemetry.emit(call({ error: `Error${kind}` }));
    const samples = familiesOf(daemonStatus(), counts).find(
      ({ name }) => name === 'longshore_request_failures_total',
    )?.samples;
    expect(samples?.length).toBeLessThan(50);
    expect(samples?.reduce((sum, sample) => sum + sample.value, 0)).toBe(1_000);
  });

  test('runs by result, and whether the last one saw everything', () => {
    const { telemetry, counts, value } = rig();
    const finished = (complete: boolean) =>
      telemetry.emit({
        mirror: 'documents',
        event: 'run-finished',
        run: 'scan',
        report: report(),
        complete,
      });
    finished(true);
    expect(value('longshore_mirror_last_run_success', { run: 'scan' })).toBe(1);
    finished(false);
    counts.runFailed('documents', 'reconcile');
    expect(value('longshore_mirror_last_run_success', { run: 'scan' })).toBe(0);
    expect(value('longshore_mirror_last_run_success', { run: 'reconcile' })).toBe(0);
    expect(value('longshore_runs_total', { run: 'scan', result: 'complete' })).toBe(1);
    expect(value('longshore_runs_total', { run: 'scan', result: 'partial' })).toBe(1);
    expect(value('longshore_runs_total', { run: 'reconcile', result: 'failed' })).toBe(1);
  });

  test('the last success of each kind, as Unix time', async () => {
    const { clock, telemetry, done, value } = rig();
    const kind = (name: string, status = daemonStatus()) =>
      value(
        'longshore_mirror_last_success_timestamp_seconds',
        { mirror: 'documents', kind: name },
        '',
        status,
      );
    expect(kind('upload_object')).toBeUndefined();
    await clock.advance(5_000);
    done('upload_object', 1, 1);
    telemetry.emit({ mirror: 'documents', event: 'state-changed', state: 'in-sync', why: '' });
    expect([kind('upload_object'), kind('in_sync')]).toEqual([1_700_000_005, 1_700_000_005]);
    const lastReconcile = report({ startedAtMs: 1_700_000_000_000, seconds: 60 });
    const status = daemonStatus({ mirrors: [mirrorStatus({ lastReconcile })] });
    expect(kind('reconcile', status)).toBe(1_700_000_060);
    expect(kind('scan', status)).toBeUndefined();
  });
});

describe('what the status says', () => {
  const labels = { mirror: 'documents' };

  test('has one state, and 0 for each other one', () => {
    const { counts } = rig();
    const samples = familiesOf(
      daemonStatus({ mirrors: [mirrorStatus({ state: 'target-down' })] }),
      counts,
    ).find(({ name }) => name === 'longshore_mirror_state')?.samples;
    expect(samples?.filter(({ value }) => value === 1)).toMatchObject([
      { labels: { mirror: 'documents', state: 'target-down' } },
    ]);
    expect(samples?.length).toBeGreaterThan(10);
  });

  test('a lag that is not known is missing, not 0', () => {
    const { value } = rig();
    const status = daemonStatus({ mirrors: [mirrorStatus({ lagSeconds: null })] });
    expect(value('longshore_mirror_lag_seconds', labels, '', status)).toBeUndefined();
    expect(value('longshore_mirror_lag_known', labels, '', status)).toBe(0);
    expect(value('longshore_mirror_lag_seconds', labels)).toBe(0);
  });

  test('objects by state, and never less than none in sync', () => {
    const { value } = rig();
    const status = (queued: number) =>
      daemonStatus({ mirrors: [mirrorStatus({ objects: 10, queued, held: 2 })] });
    const objects = (state: string, queued = 3) =>
      value('longshore_mirror_objects', { ...labels, state }, '', status(queued));
    expect([objects('stored'), objects('in_sync'), objects('pending'), objects('held')]).toEqual([
      10, 5, 3, 2,
    ]);
    expect(objects('in_sync', 100)).toBe(0);
    const waiting = daemonStatus({ mirrors: [mirrorStatus({ queuedBytes: 4_096 })] });
    expect(value('longshore_mirror_bytes', { ...labels, state: 'pending' }, '', waiting)).toBe(
      4_096,
    );
  });

  test('lease, guard, watch and limits of the target', () => {
    const { value } = rig();
    const status = daemonStatus({
      mirrors: [
        mirrorStatus({
          lease: { held: true, fence: 4, renewedAtMs: 1_700_000_000_500 },
          heldSinceMs: 1_700_000_000_000,
          watch: { engine: 'chokidar', directories: 3, degraded: [], losses: 2 },
          maxLagSeconds: 3600,
        }),
      ],
      targets: [targetStatus({ atOnce: { now: 2, most: 16 } })],
    });
    const of = (name: keyof typeof METRICS, at = labels as Record<string, string>) =>
      value(name, at, '', status);
    expect(of('longshore_lease_held')).toBe(1);
    expect(of('longshore_lease_renewed_timestamp_seconds')).toBe(1_700_000_000.5);
    expect(of('longshore_guard_holding')).toBe(1);
    expect(of('longshore_watch_losses_total')).toBe(2);
    expect(of('longshore_mirror_max_lag_seconds')).toBe(3600);
    expect(of('longshore_request_slots', { target: 'vault' })).toBe(2);
    expect(of('longshore_request_slots_limit', { target: 'vault' })).toBe(16);
  });
});

describe('the text', () => {
  test('has help, type and escaped labels, and for a textfile nothing of the process', async () => {
    const clock = fakeClock();
    const metrics = createMetrics(createTelemetry(silentLogger), clock);
    const status = daemonStatus({ version: 'a"b\\c\nd' });
    const { contentType, text } = await metrics.text(status);
    expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toContain('longshore_info{version="a\\"b\\\\c\\nd"} 1\n');
    expect(text).toContain(`# HELP longshore_info ${METRICS.longshore_info.help}\n`);
    expect(text).toContain('# TYPE longshore_mirror_state gauge\n');
    expect(text).toMatch(/^process_resident_memory_bytes \d+/m);
    expect((await metrics.textOfRun(status)).text).not.toMatch(/^(process|nodejs)_/m);
  });
});
