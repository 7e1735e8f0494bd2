// Puts the figures of a run into docs/performance.md: npm run docs:performance -- FILE. The file is kept in bench/results,
// under the day of the run; without FILE the newest one there is taken.
import { readFileSync, writeFileSync } from 'node:fs';
import { withFigures } from './page.js';
import { newestResult, PAGE, project } from './published.js';
import { ROWS } from './rows/catalogue.js';
import { readRun, writeRun } from './run-file.js';

const [file] = process.argv.slice(2);
if (file !== undefined) {
  const run = readRun(file);
  writeRun(`${project}/bench/results/${run.startedAt.slice(0, 10)}.json`, run);
}
const newest = newestResult();
const page = readFileSync(PAGE, 'utf8');
writeFileSync(PAGE, withFigures(page, readRun(`${project}/${newest}`), ROWS, newest));
