import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface SortOptions<T> {
  readonly compare: (a: T, b: T) => number;
  /** An absolute path: where the sorted parts go. */
  readonly folder: string;
  /** Items that are sorted in memory at once. */
  readonly runLength: number;
  /** Sorted parts that are merged at once: 2 or more. Default 64. */
  readonly fanIn?: number;
}

/** The disk does not take what is to be sorted. */
export class UnusableFolderError extends Error {
  override readonly name = 'UnusableFolderError';
}

/** Bytes read at once from each run. */
const READ_BYTES = 32 * 1024;
/** Characters written at once. */
const WRITE_LENGTH = 256 * 1024;

/** A sorted part of a file. */
interface Run {
  readonly start: number;
  readonly end: number;
}

/** Runs of about one length, one after the other in a file. */
interface Level {
  readonly file: FileHandle;
  readonly runs: Run[];
}

/**
 * The same items, which are plain JSON, in order; equal ones as they came. Sorted runs go to files that no other user can
 * see and that are gone with the process; memory holds one run, then a little of each of `fanIn` runs: of more, so many are
 * merged into one, in a file of such longer runs. Rejects as `batches` does, and with UnusableFolderError when the disk does
 * not take them.
 */
export async function* sortedOnDisk<T>(
  batches: AsyncIterable<readonly T[]>,
  { compare, folder, runLength, fanIn = 64 }: SortOptions<T>,
): AsyncGenerator<T, void> {
  /** Runs of a later level are longer, and of items that came earlier. */
  const levels: Level[] = [];

  async function add(items: Iterable<T> | AsyncIterable<T>, at: number): Promise<void> {
    const level = levels[at] ?? { file: await inFolder(folder, openUnnamedFile), runs: [] };
    levels[at] = level;
    level.runs.push(await writeRun(level.file, items, level.runs.at(-1)?.end ?? 0, folder));
    if (level.runs.length < fanIn) return;
    await add(merged(readRuns<T>(level), compare), at + 1);
    level.runs.length = 0;
    await inFolder(folder, () => level.file.truncate());
  }

  try {
    let items: T[] = [];
    for await (const batch of batches) {
      for (const item of batch) items.push(item);
      if (items.length < runLength) continue;
      await add(items.sort(compare), 0);
      items = [];
    }
    if (items.length > 0) await add(items.sort(compare), 0);
    yield* merged(levels.toReversed().flatMap(readRuns<T>), compare);
  } finally {
    for (const { file } of levels) await file.close();
  }
}

async function inFolder<T>(folder: string, write: (folder: string) => Promise<T>): Promise<T> {
  try {
    return await write(folder);
  } catch (error) {
    throw new UnusableFolderError(
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

async function writeRun<T>(
  file: FileHandle,
  items: Iterable<T> | AsyncIterable<T>,
  start: number,
  folder: string,
): Promise<Run> {
  let end = start;
  let text = '';
  const write = async () => {
    const bytes = Buffer.from(text);
    text = '';
    await inFolder(folder, () => writeFully(file, bytes, end));
    end += bytes.length;
  };
  for await (const item of items) {
    text += `${JSON.stringify(item)}\n`;
    if (text.length >= WRITE_LENGTH) await write();
  }
  await write();
  return { start, end };
}

async function writeFully(file: FileHandle, bytes: Buffer, start: number): Promise<void> {
  for (let written = 0; written < bytes.length; )
    written += (await file.write(bytes, written, bytes.length - written, start + written))
      .bytesWritten;
}

function readRuns<T>({ file, runs }: Level): readonly AsyncGenerator<T, void>[] {
  return runs.map((run) => readRun<T>(file, run));
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
