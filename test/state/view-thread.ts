import { parentPort, workerData } from 'node:worker_threads';
import { openIndexView } from '../../src/state/open-index.js';

// Opens views one after another, closes every other one, reports the number of entries of the last one, and ends.
let entries = 0;
for (let at = 0; at < 40; at++) {
  const view = await openIndexView(workerData);
  entries = [...view.entries()].length;
  if (at % 2 === 0) await view.close();
}
parentPort?.postMessage(entries);
