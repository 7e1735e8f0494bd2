import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  progressLine,
  type Sample,
  secondsLeft,
  sum,
  WINDOW_MS,
  withSample,
} from '../../src/cli/progress-text.js';
import type { Progress } from '../../src/sync/events.js';

const NONE: Progress = { scanned: 0, jobsDue: 0, jobsDone: 0, bytesDue: 0, bytesDone: 0 };
const at = (atMs: number, progress: Partial<Progress>): Sample => ({
  atMs,
  progress: { ...NONE, ...progress },
});

describe('the progress line', () => {
  it('shows files, bytes, rate and time left', () => {
    const samples = [
      at(0, { scanned: 5, jobsDue: 10, bytesDue: 10_485_760 }),
      at(4000, {
        scanned: 1234,
        jobsDue: 10,
        jobsDone: 5,
        bytesDue: 10_485_760,
        bytesDone: 4_194_304,
      }),
    ];
    expect(progressLine('photos', samples, 200)).toBe(
      'photos: 5 of 10 changes · 4.0 MiB of 10 MiB · 6 s left · 1.0 MiB/s · 1,234 scanned',
    );
  });

  it('says only what it knows', () => {
    expect(progressLine('photos', [at(0, { scanned: 7 })], 200)).toBe('photos: 7 scanned');
    expect(progressLine('photos', [], 200)).toBe('');
  });

  it('takes the slower of bytes and files for the time left, and none while nothing moves', () => {
    expect(
      secondsLeft(at(0, {}), at(4000, { jobsDue: 101, jobsDone: 1, bytesDue: 2, bytesDone: 1 })),
    ).toBe(400);
    expect(secondsLeft(at(0, {}), at(1000, { jobsDue: 101, jobsDone: 1 }))).toBeUndefined();
    expect(
      secondsLeft(at(0, { jobsDone: 1 }), at(5000, { jobsDue: 9, jobsDone: 1, bytesDue: 9 })),
    ).toBeUndefined();
    expect(secondsLeft(at(0, {}), at(5000, { jobsDue: 9, jobsDone: 9 }))).toBeUndefined();
  });

  it('forgets samples that are too old, and always fits the terminal on one line', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            scanned: fc.nat(),
            jobsDue: fc.nat(),
            jobsDone: fc.nat(),
            bytesDue: fc.nat(),
            bytesDone: fc.nat(),
          }),
        ),
        fc.nat(200),
        fc.string({ unit: 'binary' }),
        (all, columns, label) => {
          let samples: readonly Sample[] = [];
          for (const [i, progress] of all.entries())
            samples = withSample(samples, { atMs: i * 3000, progress });
          const line = progressLine(label, samples, columns);
          const fits = line.length <= Math.max(1, columns);
          return fits && samples.length <= WINDOW_MS / 3000 + 1 && !/\p{Cc}/u.test(line);
        },
      ),
    );
  });

  it('adds mirrors up', () => {
    const one: Progress = { scanned: 1, jobsDue: 2, jobsDone: 3, bytesDue: 4, bytesDone: 5 };
    expect(sum([one, one])).toEqual({
      scanned: 2,
      jobsDue: 4,
      jobsDone: 6,
      bytesDue: 8,
      bytesDone: 10,
    });
    expect(sum([])).toEqual(NONE);
  });
});
