// Prints the files of a report in the form of vitest's JSON in which a test failed, a line each.
import { readFileSync } from 'node:fs';

const { testResults } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
for (const { name, status } of testResults)
  if (status === 'failed') process.stdout.write(`${name}\n`);
