import { expect, test } from 'vitest';
import { believe } from '../../src/scale/believe.js';
import { DamagedColumnsError } from '../../src/scale/column-bytes.js';
import { countWorkerAnswers } from '../../src/scale/worker-answers.js';

const job = { kind: 'parts', mirror: 'm' } as const;
const answer = { payload: 'forged', worker: 'w', changedHands: false };

function noting() {
  const lines: unknown[] = [];
  const log = { warn: (...line: readonly unknown[]) => void lines.push(line) };
  return { lines, answers: countWorkerAnswers(log) };
}

test('answers of workers: one that cannot be one to its job is refused, and logged with who gave it', () => {
  const { lines, answers } = noting();
  const refuse = () => {
    throw new DamagedColumnsError('it answers another order');
  };
  expect(() => believe(job, answer, answers, refuse)).toThrow(DamagedColumnsError);
  const fields = { ...job, worker: 'w', detail: 'it answers another order' };
  expect(lines).toEqual([['answer of a worker refused', fields]]);
  expect(answers.counts.refusedAnswers).toBe(1);
});

test('answers of workers: one that may be one is unpacked, and nothing is logged', () => {
  const { lines, answers } = noting();
  expect(believe(job, answer, answers, (payload) => [payload])).toEqual(['forged']);
  expect(lines).toEqual([]);
});
