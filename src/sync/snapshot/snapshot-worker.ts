import '../../quiet-console.js';
import { closeSync, openSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { openIndexView } from '../../state/open-index.js';
import { type WrittenSnapshot, writeSnapshot } from '../../state/write-snapshot.js';
import { takeWork } from '../../thread-program.js';
import { stateTroubleOf } from '../state-trouble.js';
import { CANCELLED, type FromSnapshot, type SnapshotOrder } from './make-snapshot.js';

if (parentPort === null)
  throw new Error('snapshot-worker.js is started by make-snapshot.js, as a worker thread');
const port = parentPort;
const { location, path, header, shared } = takeWork<SnapshotOrder>();

function throwIfCancelled(): void {
  if (Atomics.load(shared, CANCELLED) !== 0) throw new Error('it was cancelled');
}

async function write(): Promise<WrittenSnapshot> {
  const file = openSync(path, 'wx', 0o600);
  try {
    const view = await openIndexView(location);
    try {
      return writeSnapshot(file, header, view.entries(), throwIfCancelled);
    } finally {
      await view.close();
    }
  } finally {
    closeSync(file);
  }
}

async function answer(): Promise<FromSnapshot> {
  try {
    return { written: await write() };
  } catch (error) {
    const state = stateTroubleOf(error);
    return state === undefined ? { error } : { error, state };
  }
}

// After its answer the thread ends by itself: see openIndexView on terminating one.
void answer().then((message) => port.postMessage(message));
