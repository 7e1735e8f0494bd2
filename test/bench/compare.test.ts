import { describe, expect, test } from 'vitest';
import { differences, differenceText, machineDifferences, worse } from '../../bench/compare.js';
import { rowOf, runOf, subject } from './runs.js';

const withCpu = (cpu: number) =>
  runOf(rowOf('mirror', subject('longshore', [{ cpu, wall: 1 }]), subject('rclone', [{ cpu: 1 }])));

describe('a comparison of two runs', () => {
  test('finds CPU time that is more than 5 % worse', () => {
    const found = worse(differences(withCpu(1), withCpu(1.06)));
    expect(found.map(differenceText)).toEqual([
      'mirror, longshore: CPU 1.00 s, now 1.06 s (+6.0 %)',
    ]);
  });

  test.each([1.05, 1, 0.5])('lets CPU time of %d times pass', (factor) => {
    expect(worse(differences(withCpu(1), withCpu(factor)))).toEqual([]);
  });

  test('compares neither wall times nor peers', () => {
    const slow = runOf(
      rowOf('mirror', subject('longshore', [{ cpu: 1, wall: 9 }]), subject('rclone', [{ cpu: 9 }])),
    );
    expect(worse(differences(withCpu(1), slow))).toEqual([]);
  });

  test('compares the medians of the rounds', () => {
    const now = runOf(rowOf('mirror', subject('longshore', [{ cpu: 1 }, { cpu: 9 }, { cpu: 1 }])));
    expect(differences(withCpu(1), now)).toMatchObject([{ before: 1, now: 1, ratio: 1 }]);
  });

  test('skips rows that one of the runs lacks, and programs that failed', () => {
    const failed = subject('longshore', [{ cpu: 9 }], { failures: ['ended with 1'] });
    expect(differences(runOf(), withCpu(1))).toEqual([]);
    expect(differences(withCpu(1), runOf())).toEqual([]);
    expect(differences(withCpu(1), runOf(rowOf('mirror', failed)))).toEqual([]);
  });

  test('names what differs between the machines', () => {
    const other = { ...withCpu(1), machine: { ...withCpu(1).machine, node: 'v22.0.0' } };
    expect(machineDifferences(withCpu(1), withCpu(1))).toEqual([]);
    expect(machineDifferences(withCpu(1), other)).toEqual(['node: v20.20.2, now v22.0.0']);
  });
});
