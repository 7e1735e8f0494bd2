// Adds up reports in the form of vitest's JSON, and names what failed, for those who see only the end of a log.
import { readFileSync } from 'node:fs';

const sum = { passed: 0, failed: 0, skipped: 0 };

for (const file of process.argv.slice(2)) {
  const report = reportIn(file);
  sum.passed += report.numPassedTests;
  sum.failed += report.numFailedTests;
  sum.skipped += report.numPendingTests + report.numTodoTests;
  const named = [...failuresOf(report)];
  if (named.length < report.numFailedTests)
    named.push(`${file}: ${report.numFailedTests} in all; see above`);
  for (const failure of named) print(`FAILED ${failure}`);
}
print(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);

function print(line) {
  process.stdout.write(`${line}\n`);
}

function reportIn(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    print(`FAILED ${file}: the tests ended without a report`);
    return { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, numTodoTests: 0 };
  }
}

/** One text for each test that failed, and for each file that could not be loaded. */
function* failuresOf({ testResults = [] }) {
  for (const { name, status, message, assertionResults } of testResults) {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (status === 'failed' && failed.length === 0) yield `${name}: ${message}`;
    for (const { fullName, failureMessages } of failed)
      yield `${name}: ${fullName}\n  ${failureMessages.join('\n').split('\n').slice(0, 6).join('\n  ')}`;
  }
}
