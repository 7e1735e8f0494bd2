import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface SortOptions<T> {
  readonly compare: (a: T, b: T) => number;
  /** An absolute path: where the sorted parts go. */
  readonly folder: string;
  /** Items that are sorted in memory at once. */
  readonly runLength: number;
}

/** Bytes read at once from each run. */
const READ_BYTES = 32 * 1024;

/** A sorted part of the file. */
interface Run {
  readonly start: number;
  readonly end: number;
}

/**
 * The same items, which are plain JSON, in order; equal ones as they came. Sorted runs go to a file that no other user can
 * see and that is gone with the process; memory holds one run, then a little of each. Rejects as `batches` does, and with
 * an error that names `folder` when the disk does not take them.
 */
export async function* sortedOnDisk<T>(
  batches: AsyncIterable<readonly T[]>,
  { compare, folder, runLength }: SortOptions<T>,
): AsyncGenerator<T, void> {
  const file = await inFolder(folder, () => openUnnamedFile(folder));
  try {
    const runs: Run[] = [];
    let items: T[] = [];
    const finishRun = async () => {
      const sorted = items.sort(compare);
      runs.push(await inFolder(folder, () => writeRun(file, sorted, runs.at(-1)?.end ?? 0)));
      items = [];
    };
    for await (const batch of batches) {
      for (const item of batch) items.push(item);
      if (items.length >= runLength) await finishRun();
    }
    await finishRun();
    const read = runs.map((run) => readRun<T>(file, run));
    yield* merged(read, compare);
  } finally {
    await file.close();
  }
}

async function inFolder<T>(folder: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw new Error(
      `${folder}, where a listing is sorted, cannot be written to: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

async function openUnnamedFile(folder: string): Promise<FileHandle> {
  const place = await mkdtemp(join(folder, 'temporary-'));
  try {
    return await open(join(place, 'file'), 'wx+', 0o600);
  } finally {
    await rm(place, { recursive: true });
  }
}

async function writeRun<T>(file: FileHandle, items: readonly T[], start: number): Promise<Run> {
  const bytes = Buffer.from(items.map((item) => `${JSON.stringify(item)}\n`).join(''));
  let written = 0;
  while (written < bytes.length)
    written += (await file.write(bytes, written, bytes.length - written, start + written))
      .bytesWritten;
  return { start, end: start + bytes.length };
}

async function* readRun<T>(file: FileHandle, { start, end }: Run): AsyncGenerator<T, void> {
  let rest = Buffer.alloc(0);
  for (let at = start; at < end; ) {
    const { bytesRead, buffer } = await file.read(
      Buffer.allocUnsafe(Math.min(READ_BYTES, end - at)),
      { position: at },
    );
    if (bytesRead === 0) throw new Error('a file of what was being sorted ended early');
    at += bytesRead;
    const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    const whole = bytes.lastIndexOf('\n') + 1;
    for (const line of bytes.toString('utf8', 0, whole).split('\n'))
      if (line !== '') yield JSON.parse(line) as T;
    rest = bytes.subarray(whole);
  }
}

/** Merges sorted runs; of equal items those of earlier runs come first. */
async function* merged<T>(
  runs: readonly AsyncGenerator<T, void>[],
  compare: (a: T, b: T) => number,
): AsyncGenerator<T, void> {
  const [run, ...others] = runs;
  if (run === undefined) return;
  if (others.length === 0) return yield* run;
  const half = runs.length >> 1;
  const left = merged(runs.slice(0, half), compare);
  const right = merged(runs.slice(half), compare);
  let a = await left.next();
  let b = await right.next();
  while (!a.done || !b.done) {
    if (b.done || (!a.done && compare(a.value, b.value) <= 0)) {
      if (!a.done) yield a.value;
      a = await left.next();
    } else {
      yield b.value;
      b = await right.next();
    }
  }
}
