import { expect, test } from 'vitest';
import { countOfCalls } from '../../bench/strace.js';

test('strace: the calls of a summary are counted, with and without errors', () => {
  const summary = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 93.10    0.500000          11      1200         3 fdatasync
  6.90    0.037037         123       300           fsync
------ ----------- ----------- --------- --------- ----------------
`;
  expect(countOfCalls(`${summary}100.00    0.537037           1      1500         3 total\n`)).toBe(
    1500,
  );
  expect(countOfCalls(`${summary}100.00    0.537037           1      1500           total\n`)).toBe(
    1500,
  );
  expect(countOfCalls('')).toBe(0);
});
