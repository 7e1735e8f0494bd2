import { describe, expect, test } from 'vitest';
import { measure, type Target, targetText, valueText } from '../../bench/target.js';
import { rowOf, subject } from './runs.js';

const toRclone: Target = {
  subject: 'longshore',
  figure: 'cpu',
  atMost: 1.5,
  of: ['rclone 16', 'rclone 64'],
};
const own = subject('longshore', [{ cpu: 9 }, { cpu: 3 }, { cpu: 3 }]);

describe('a target', () => {
  test('is met at its bound, by the median of the rounds', () => {
    const row = rowOf('row', own, subject('rclone 16', [{ cpu: 2 }]));
    expect(measure(toRclone, row)).toMatchObject({ value: 1.5, verdict: 'met' });
  });

  test('compares with the best of the peers that were measured', () => {
    const peers = [subject('rclone 16', [{ cpu: 3 }]), subject('rclone 64', [{ cpu: 1 }])];
    expect(measure(toRclone, rowOf('row', own, ...peers))).toMatchObject({
      value: 3,
      verdict: 'missed',
    });
  });

  test('is not measured without its peers, its row or its figure', () => {
    for (const row of [
      rowOf('row', own),
      rowOf('row', subject('rclone 16', [{ cpu: 1 }])),
      undefined,
    ])
      expect(measure(toRclone, row).verdict).toBe('not measured');
  });

  test('is not measured when a round of the program failed', () => {
    const failed = subject('longshore', [{ cpu: 1 }], { failures: ['the copy is wrong'] });
    const row = rowOf('row', failed, subject('rclone 16', [{ cpu: 2 }]));
    expect(measure(toRclone, row).verdict).toBe('not measured');
  });

  test('may compare with another figure of a peer', () => {
    const target: Target = { ...toRclone, of: ['find'], ofFigure: 'wall' };
    const row = rowOf('row', own, subject('find', [{ cpu: 9, wall: 2 }]));
    expect(measure(target, row).value).toBe(1.5);
    expect(targetText(target)).toBe("CPU at most 1.50 x find's wall");
  });

  test('without peers is a figure with its unit', () => {
    const target: Target = { subject: 'longshore', figure: 'own', atMost: 150 };
    expect(targetText(target)).toBe('peak RssAnon at most 150 MiB');
    expect(valueText(target, 84.4)).toBe('84 MiB');
  });
});
