import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectName } from '../../state/object-index.js';
import { compareNames } from '../../utf8-order.js';
import type { RemotePage } from './remote-page.js';

export interface SortOptions {
  /** Objects that are sorted in memory at once. */
  readonly runLength?: number;
  readonly pageLength?: number;
}

/** Bytes read at once from each run. */
const READ_BYTES = 32 * 1024;

type Row = readonly [name: ObjectName, size: number, md5: string | null, etag: string | null];

/** A sorted part of the file. */
interface Run {
  readonly start: number;
  readonly end: number;
}

/**
 * The same objects in the order of UTF-8 bytes, for providers that list in another. Sorted runs go to a file in `folder`
 * that nobody else can see and that is gone with the process; memory holds one run, then a little of each. Of a name
 * that was listed twice the later is given. Rejects as the listing or the disk does.
 */
export async function* sortedListing(
  listing: AsyncIterable<RemotePage>,
  folder: string,
  { runLength = 10_000, pageLength = 1000 }: SortOptions = {},
): AsyncGenerator<RemotePage, void> {
  const file = await openUnnamedFile(folder);
  try {
    const runs: Run[] = [];
    let inspected = true;
    let rows: Row[] = [];
    const finishRun = async () => {
      runs.push(await writeRun(file, rows.sort(byName), runs.at(-1)?.end ?? 0));
      rows = [];
    };
    for await (const page of listing) {
      inspected &&= page.inspected;
      for (const [at, name] of page.names.entries()) rows.push([name, page.sizes[at] ?? 0, page.md5s[at] ?? null, page.etags[at] ?? null]);
      if (rows.length >= runLength) await finishRun();
    }
    await finishRun();

    let sorted: Row[] = [];
    for await (const row of merged(runs.map((run) => readRun(file, run)))) {
      if (sorted.at(-1)?.[0] === row[0]) sorted.pop();
      else if (sorted.length >= pageLength) {
        yield pageOfRows(sorted, inspected);
        sorted = [];
      }
      sorted.push(row);
    }
    if (sorted.length > 0) yield pageOfRows(sorted, inspected);
  } finally {
    await file.close();
  }
}

function byName([a]: Row, [b]: Row): number {
  return compareNames(a, b);
}

function pageOfRows(rows: readonly Row[], inspected: boolean): RemotePage {
  return {
    names: rows.map(([name]) => name),
    sizes: rows.map(([, size]) => size),
    md5s: rows.map(([, , md5]) => md5),
    etags: rows.map(([, , , etag]) => etag),
    inspected,
  };
}

async function openUnnamedFile(folder: string): Promise<FileHandle> {
  const place = await mkdtemp(join(folder, 'temporary-'));
  try {
    return await open(join(place, 'file'), 'wx+', 0o600);
  } finally {
    await rm(place, { recursive: true });
  }
}

async function writeRun(file: FileHandle, rows: readonly Row[], start: number): Promise<Run> {
  const bytes = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  let written = 0;
  while (written < bytes.length) written += (await file.write(bytes, written, bytes.length - written, start + written)).bytesWritten;
  return { start, end: start + bytes.length };
}

async function* readRun(file: FileHandle, { start, end }: Run): AsyncGenerator<Row, void> {
  let rest = Buffer.alloc(0);
  for (let at = start; at < end; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(READ_BYTES, end - at)), { position: at });
    if (bytesRead === 0) throw new Error('the file of a sorted listing ended early');
    at += bytesRead;
    const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    const whole = bytes.lastIndexOf('\n') + 1;
    for (const line of bytes.toString('utf8', 0, whole).split('\n')) if (line !== '') yield JSON.parse(line) as Row;
    rest = bytes.subarray(whole);
  }
}

/** Merges sorted runs; of equal names those of earlier runs come first. */
async function* merged(runs: readonly AsyncGenerator<Row, void>[]): AsyncGenerator<Row, void> {
  const [run, ...others] = runs;
  if (run === undefined) return;
  if (others.length === 0) return yield* run;
  const half = runs.length >> 1;
  const left = merged(runs.slice(0, half));
  const right = merged(runs.slice(half));
  let a = await left.next();
  let b = await right.next();
  while (!a.done || !b.done) {
    if (b.done || (!a.done && byName(a.value, b.value) <= 0)) {
      if (!a.done) yield a.value;
      a = await left.next();
    } else {
      yield b.value;
      b = await right.next();
    }
  }
}
