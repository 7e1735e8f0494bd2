// Adds up reports in the form of vitest's JSON, and names what failed, for those who see only the end of a log. What failed beside
// other tests and passed alone (NAME.again.json of NAME.json) counts as passed, and is named too.
import { existsSync, readFileSync } from 'node:fs';

const sum = { passed: 0, failed: 0, skipped: 0 };

for (const file of process.argv.slice(2)) {
  const report = reportIn(file);
  const failures = failuresOf(report);
  const passedAlone = passedIn(file.replace(/\.json$/, '.again.json'));
  const left = failures.filter(({ title }) => !passedAlone.has(title));
  const failed = report.numFailedTests - (failures.length - left.length);
  sum.passed += report.numPassedTests + failures.length - left.length;
  sum.failed += failed;
  sum.skipped += report.numPendingTests + report.numTodoTests;
  for (const { title, message } of failures)
    print(`${passedAlone.has(title) ? 'PASSED ONLY ALONE' : 'FAILED'} ${title}\n  ${message}`);
  if (left.length < failed) print(`FAILED ${file}: ${failed} in all; see above`);
}
print(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);

function print(line) {
  process.stdout.write(`${line}\n`);
}

function reportIn(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, numTodoTests: 0 };
  }
}

function failuresOf({ testResults = [] }) {
  return testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => ({
        title: `${name}: ${fullName}`,
        message: failureMessages.join('\n').split('\n').slice(0, 6).join('\n  '),
      })),
  );
}

function passedIn(file) {
  if (!existsSync(file)) return new Set();
  const { testResults = [] } = reportIn(file);
  const passed = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'passed')
      .map(({ fullName }) => `${name}: ${fullName}`),
  );
  return new Set(passed);
}
