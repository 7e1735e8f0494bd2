import type { BenchRun, RowResult, Sample, Subject } from '../../bench/result.js';

export const subject = (
  name: string,
  samples: readonly Sample[],
  more: Partial<Subject> = {},
): Subject => ({
  name,
  program: name.split(' ')[0] ?? '',
  command: `${name} $SOURCE`,
  samples,
  failures: [],
  ...more,
});

export const rowOf = (row: string, ...subjects: readonly Subject[]): RowResult => ({
  row,
  title: `title of ${row}`,
  fileSystem: 'tmpfs',
  load: '0.10 0.20 0.30',
  subjects,
});

export const runOf = (...rows: readonly RowResult[]): BenchRun => ({
  format: 1,
  startedAt: '2026-01-02T03:04:05.000Z',
  machine: { cpu: 'a CPU', cores: 2, memoryGiB: 8, kernel: '6.1', node: 'v20.20.2' },
  programs: { longshore: '1.0', rclone: 'rclone v1.60' },
  rows,
});
