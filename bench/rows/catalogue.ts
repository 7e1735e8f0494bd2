import type { Row } from '../row.js';
import { changes } from './changes.js';
import { durable } from './durable.js';
import { largeFiles } from './large-files.js';
import { listing } from './listing.js';
import { memory } from './memory.js';
import { nothingToDo } from './nothing-to-do.js';
import { perFileRows } from './per-file.js';
import { providers } from './providers.js';
import { rebuild } from './rebuild.js';
import { restoring } from './restoring.js';
import { smallFiles } from './small-files.js';
import { smallFilesWorker } from './small-files-worker.js';
import { start } from './start.js';
import { verifying } from './verifying.js';
import { watching } from './watching.js';
import { workers } from './workers.js';

/** All rows, in the order in which they run and stand on the page. */
export const ROWS: readonly Row[] = [
  ...smallFiles,
  ...largeFiles,
  smallFilesWorker,
  ...workers,
  ...providers,
  ...restoring,
  ...verifying,
  ...nothingToDo,
  ...rebuild,
  ...start,
  durable,
  ...watching,
  ...changes,
  ...memory,
  ...perFileRows,
  ...listing,
];
