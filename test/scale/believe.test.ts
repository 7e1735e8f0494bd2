import { expect, test } from 'vitest';
import { believe } from '../../src/scale/believe.js';
import { DamagedColumnsError } from '../../src/scale/column-bytes.js';

const job = { kind: 'parts', mirror: 'm' } as const;
const answer = { payload: 'forged', worker: 'w', changedHands: false };

function logging() {
  const lines: unknown[] = [];
  return { lines, log: { warn: (...line: readonly unknown[]) => void lines.push(line) } };
}

test('answers of workers: one that cannot be one to its job is refused, and logged with who gave it', () => {
  const { lines, log } = logging();
  const refuse = () => {
    throw new DamagedColumnsError('it answers another order');
  };
  expect(() => believe(job, answer, log, refuse)).toThrow(DamagedColumnsError);
  const fields = { ...job, worker: 'w', detail: 'it answers another order' };
  expect(lines).toEqual([['answer of a worker refused', fields]]);
});

test('answers of workers: one that may be one is unpacked, and nothing is logged', () => {
  const { lines, log } = logging();
  expect(believe(job, answer, log, (payload) => [payload])).toEqual(['forged']);
  expect(lines).toEqual([]);
});
