import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withRow } from '../../bench/result.js';
import { continued, readRun, writeRun } from '../../bench/run-file.js';
import { temporaryFolder } from '../world/folder.js';
import { rowOf, runOf, subject } from './runs.js';

const first = rowOf('a', subject('longshore', [{ cpu: 1 }]));
const again = rowOf('a', subject('longshore', [{ cpu: 2 }]));
const other = rowOf('b', subject('longshore', [{ cpu: 3 }]));

describe('the file of a run', () => {
  test('is read as it was written', () => {
    const file = join(temporaryFolder('bench-run'), 'run.json');
    writeRun(file, runOf(first, other));
    expect(readRun(file)).toEqual(runOf(first, other));
  });

  test('keeps its rows when the same build runs again, and a row that is measured again is replaced', () => {
    const file = join(temporaryFolder('bench-run'), 'run.json');
    writeRun(file, runOf(first, other));
    const run = continued(file, runOf());
    expect(withRow(run, again).rows).toEqual([again, other]);
    expect(withRow(runOf(first), other).rows).toEqual([first, other]);
  });

  test('takes no figures of another build or machine', () => {
    const file = join(temporaryFolder('bench-run'), 'run.json');
    writeRun(file, runOf(first));
    const build = { ...runOf(), programs: { longshore: '2.0' } };
    const machine = { ...runOf(), machine: { ...runOf().machine, cores: 64 } };
    for (const run of [build, machine])
      expect(() => continued(file, run)).toThrow('figures of another build or machine');
  });

  test('a new file has the rows of this run alone', () => {
    const run = runOf(first);
    expect(continued(undefined, run)).toBe(run);
    expect(continued(join(temporaryFolder('bench-run'), 'new.json'), run)).toBe(run);
  });

  test('a file of something else is refused', () => {
    const file = join(temporaryFolder('bench-run'), 'other.json');
    writeFileSync(file, '{"format":2,"rows":[]}');
    expect(() => readRun(file)).toThrow('is not a file of this bench');
  });
});
