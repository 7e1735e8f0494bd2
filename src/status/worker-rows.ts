import { escapeUnprintable, printable } from '../printable.js';
import type { QueueStatus, WorkerRow } from './schema-workers.js';
import { table } from './table.js';
import { count, counted, duration } from './units.js';

/** The queue in one line, a row for each worker, and why some return jobs; for people. */
export function workersText(queue: QueueStatus, nowMs: number): string {
  const { workers } = queue;
  const head = [
    'WORKER',
    'VERSION',
    'MIRRORS',
    'JOBS',
    'OBJECTS',
    'OBJECTS/S',
    'LAST SIGN',
    'RETURNS',
  ];
  const rows = workers.map((worker) => [
    printable(worker.id),
    printable(worker.version),
    worker.mirrors.map(printable).join(', '),
    count(worker.jobs),
    count(worker.objects),
    count(Math.round(worker.objectsPerSecond)),
    lastSign(worker, nowMs),
    count(worker.refusals.length),
  ]);
  return [
    queueText(queue),
    ...(workers.length === 0 ? [] : [table([head, ...rows])]),
    ...workers.flatMap(refusalsOf),
  ].join('\n');
}

/** `Workers: 2; 3 jobs wait, 4 run, the oldest for 2 s; 120 done, 1 changed hands` */
export function queueText({
  up,
  why = '',
  jobs,
  oldestMs,
  workers,
  otherProtocols = [],
  changedHands,
  fenced,
  redone,
  refusedAnswers,
  conflicts,
}: QueueStatus): string {
  const oldest =
    jobs.waiting + jobs.active === 0 ? '' : `, the oldest for ${duration(oldestMs / 1_000)}`;
  const trouble = [
    [changedHands, 'changed hands'],
    [fenced, 'fenced'],
    [redone, 'done again'],
    [refusedAnswers, 'with answers that are not believed'],
    [conflicts, 'files in conflict'],
  ] as const;
  return [
    `Workers: ${workers.length === 0 ? 'none' : count(workers.length)}`,
    ...(otherProtocols.length === 0
      ? []
      : [
          `those that are there speak protocol ${otherProtocols.join(', ')} and get no jobs: install one version of longshore on all machines`,
        ]),
    ...(up ? [] : [`no jobs are given out${why === '' ? '' : `: ${escapeUnprintable(why)}`}`]),
    `${counted(jobs.waiting, 'job')} waiting, ${count(jobs.active)} running${oldest}`,
    [
      `${count(jobs.done)} done`,
      ...trouble
        .filter(([amount]) => amount > 0)
        .map(([amount, what]) => `${count(amount)} ${what}`),
    ].join(', '),
  ].join('; ');
}

export function lastSign({ lastSignAtMs }: Pick<WorkerRow, 'lastSignAtMs'>, nowMs: number): string {
  return `${duration(Math.max(0, nowMs - lastSignAtMs) / 1_000)} ago`;
}

function refusalsOf({ id, refusals }: WorkerRow): readonly string[] {
  return refusals.map(
    ({ mirror, why }) =>
      `${printable(id)} returns the jobs of ${printable(mirror)}: ${escapeUnprintable(why)}`,
  );
}
