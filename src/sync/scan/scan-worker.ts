import '../../quiet-console.js';
import { parentPort } from 'node:worker_threads';
import { systemClock } from '../../clock.js';
import { openIndexView } from '../../state/open-index.js';
import { takeWork } from '../../thread-program.js';
import type { IndexWindow } from './index-window.js';
import { createUploadPacker } from './pack-uploads.js';
import type { RemotePage } from './remote-page.js';
import { noCounts, type ScanItem } from './scan-items.js';
import {
  CANCELLED,
  type FromScan,
  failureOf,
  MOST_BATCHES,
  SCANNED,
  type ScanThreadData,
  type ToScan,
} from './scan-messages.js';
import { runScan } from './scan-run.js';

/** Items that cross at once. */
const BATCH = 500;
/** Stats after which a batch crosses though it is not full: on a slow disk the first findings must not wait for the last. */
const STATS_PER_BATCH = 5000;
/** Milliseconds of waiting after which the index is let go. */
const REST_AFTER_MS = 500;
/** Pages of the listing that are fetched before they are needed. */
const PAGES_AHEAD = 2;

if (parentPort === null)
  throw new Error('scan-worker.js is started by scan.js, as a worker thread');
const port = parentPort;
const { request, listed, shared } = takeWork<ScanThreadData>();

const packer = request.batchFiles
  ? createUploadPacker(request.policy, request.batchFiles)
  : undefined;

let batch: ScanItem[] = [];
let stats = 0;
let underWay = 0;
let allWalked = false;
let wake = () => {};
let index: Pick<IndexWindow, 'rest' | 'renew'> | undefined;
let pagesWanted = 0;
const pages: (RemotePage | undefined)[] = [];

port.on('message', (message: ToScan) => {
  if (message.kind === 'done') underWay--;
  if (message.kind === 'all-walked') allWalked = true;
  if (message.kind === 'page') pages.push(message.page);
  wake();
});

function send(message: FromScan): void {
  port.postMessage(message);
}

function sendBatch(): void {
  if (batch.length === 0) return;
  underWay++;
  send({ kind: 'batch', items: batch });
  batch = [];
  stats = 0;
}

/** Sends what was found so far, also the uploads that do not fill a batch. */
function sendAll(): void {
  if (packer !== undefined) batch.push(...packer.flush());
  sendBatch();
}

function throwIfCancelled(): void {
  if (Atomics.load(shared, CANCELLED) !== 0) throw new Error('it was cancelled');
}

/** Waits. When that takes long, the index is let go meanwhile: an open view makes its file grow with each commit. */
async function until(condition: () => boolean): Promise<void> {
  let resting = false;
  while (!condition()) {
    throwIfCancelled();
    const isLate = await wokenWithin(resting ? Number.POSITIVE_INFINITY : REST_AFTER_MS);
    if (!isLate || index === undefined) continue;
    await index.rest();
    resting = true;
  }
  if (resting) await index?.renew();
}

/** Resolves with whether it took longer than that. */
function wokenWithin(ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel =
      ms === Number.POSITIVE_INFINITY ? () => {} : systemClock.after(ms, () => resolve(true));
    wake = () => {
      cancel();
      resolve(false);
    };
  });
}

let page: RemotePage | undefined;

async function nextPage(): Promise<RemotePage | undefined> {
  if (page !== undefined) returnMemory(page.objects.buffer);
  for (; pagesWanted <= PAGES_AHEAD; pagesWanted++) send({ kind: 'want-page' });
  pagesWanted--;
  await until(() => pages.length > 0);
  page = pages.shift();
  return page;
}

/** In this thread V8 would not collect the memory soon: a thread that keeps so little gives it no reason to. */
function returnMemory(memory: ArrayBuffer): void {
  port.postMessage({ kind: 'page-read', memory } satisfies FromScan, [memory]);
}

/** A batch of uploads crosses by itself. What has been walked must be known before anything is said to be gone. */
function take(item: ScanItem): void {
  if (item.kind === 'walked') sendAll();
  const items = packer === undefined || item.kind !== 'finding' ? [item] : packer.add(item);
  batch.push(...items);
  const isFull = batch.length >= BATCH || items.some(({ kind }) => kind === 'uploads');
  if (isFull || item.kind === 'walked') sendBatch();
}

async function scan(): Promise<void> {
  const counts = noCounts();
  let hasWaited = false;
  const surroundings = {
    counts,
    openIndex() {
      hasWaited = false;
      return openIndexView(request.location);
    },
    indexIsOld: () => hasWaited,
    onIndex(opened: Pick<IndexWindow, 'rest' | 'renew'>) {
      index = opened;
    },
    beforeStat() {
      throwIfCancelled();
      Atomics.store(shared, SCANNED, counts.scanned);
      if (++stats >= STATS_PER_BATCH) sendAll();
    },
    allWalked: () => until(() => allWalked),
    ...(listed ? { listing: nextPage } : {}),
  };
  for await (const item of runScan(request, surroundings)) {
    take(item);
    if (underWay < MOST_BATCHES) continue;
    await until(() => underWay < MOST_BATCHES);
    hasWaited = true;
  }
  sendAll();
  Atomics.store(shared, SCANNED, counts.scanned);
}

async function scanToItsEnd(): Promise<void> {
  try {
    await scan();
    send({ kind: 'ended' });
  } catch (error) {
    send({ kind: 'failed', failure: failureOf(error) });
  } finally {
    port.unref(); // the thread then ends by itself: see openIndexView on terminating one
  }
}

void scanToItsEnd();
