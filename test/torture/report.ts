import { writeFileSync } from 'node:fs';

/** Writes the report of a run in the form of vitest's JSON, to be counted with its tests. */
export function writeReport(file: string, failures: number): void {
  const counts = {
    numPassedTests: failures === 0 ? 1 : 0,
    numFailedTests: failures,
    numPendingTests: 0,
    numTodoTests: 0,
  };
  writeFileSync(file, JSON.stringify(counts));
}
