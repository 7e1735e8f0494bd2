import { expect, test } from 'vitest';
import { formatStatus } from '../../src/status/format.js';
import { queueText, workersText } from '../../src/status/worker-rows.js';
import { daemonStatus, queueStatus, workerRow } from './statuses.js';

const NOW = 1_800_000_000_000;

test('status: a line for the queue, and a row for each worker', () => {
  const queue = queueStatus({
    workers: [workerRow(), workerRow({ id: 'nas3:12', mirrors: [], objectsPerSecond: 0 })],
    changedHands: 2,
    redone: 1,
    refusedAnswers: 3,
    conflicts: 4,
  });
  expect(workersText(queue, NOW).split('\n')).toEqual([
    'Workers: 2; 3 jobs waiting, 2 running, the oldest for 4 s; 1,200 done, 2 changed hands, 1 done again, 3 with answers that are not believed, 4 files in conflict',
    'WORKER     VERSION  MIRRORS            JOBS  OBJECTS  OBJECTS/S  LAST SIGN  RETURNS',
    'nas2:4711    1.2.0  documents, photos     2  123,456        812    3 s ago        0',
    'nas3:12      1.2.0                        2  123,456          0    3 s ago        0',
  ]);
});

test('status: why a worker returns jobs, and why none are given out', () => {
  const refusals = [{ mirror: 'photos', why: 'settings differ\n(metadata)' }];
  const text = workersText(queueStatus({ workers: [workerRow({ refusals })] }), NOW);
  expect(text).toContain('nas2:4711 returns the jobs of photos: settings differ\\u000a(metadata)');
  const idle = { waiting: 0, active: 0, done: 0 };
  expect(
    queueText(
      queueStatus({ up: false, why: 'ECONNREFUSED', workers: [], jobs: idle, oldestMs: 0 }),
    ),
  ).toBe('Workers: none; no jobs are given out: ECONNREFUSED; 0 jobs waiting, 0 running; 0 done');
});

test('status: the protocols of workers, where none speaks that of the daemon', () => {
  const queue = queueStatus({ workers: [], otherProtocols: [2, 3] });
  expect(queueText(queue)).toContain(
    'Workers: none; those that are there speak protocol 2, 3 and get no jobs: install one version',
  );
});

test('status: says nothing of workers where the configuration has no queue', () => {
  expect(formatStatus(daemonStatus(), NOW)).not.toContain('Workers');
  expect(formatStatus(daemonStatus({ queue: queueStatus() }), NOW)).toContain('Workers: 1;');
});
