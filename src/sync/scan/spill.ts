import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { writingState } from '../state-trouble.js';

/** A list that grows beyond memory. Items are plain JSON, and come back in the order in which they were added. */
export interface Spill<T> {
  readonly size: number;
  /** Throws StateUnavailableError when it cannot be written down (disk full): the list is then of no more use. */
  add(item: T): void;
  items(): Generator<T, void>;
  /** Gives the disk space back. A second call does nothing. */
  close(): void;
}

/** Lines written at once. */
const LINES_PER_WRITE = 1000;
const READ_BYTES = 64 * 1024;

/**
 * Keeps up to `inMemory` items in memory, and all in a file of `folder` beyond that. The file is gone when the process
 * is, however it ends.
 */
export function openSpill<T>(folder: string, inMemory = 10_000): Spill<T> {
  let recent: T[] = [];
  let written = 0;
  let file: number | undefined;

  const write = () => {
    writingState(folder, () => {
      file ??= openUnnamedFile(folder);
      writeFully(file, `${recent.map((item) => JSON.stringify(item)).join('\n')}\n`);
    });
    written += recent.length;
    recent = [];
  };

  return {
    get size() {
      return written + recent.length;
    },
    add(item) {
      recent.push(item);
      if (recent.length >= (file === undefined ? inMemory : LINES_PER_WRITE)) write();
    },
    *items() {
      if (file !== undefined) for (const line of readLines(file)) yield JSON.parse(line) as T;
      yield* recent;
    },
    close() {
      const open = file;
      file = undefined; // also where the close fails: the number may be another file's by then
      written = 0;
      recent = [];
      if (open !== undefined) closeSync(open);
    },
  };
}

/** A file without a name is gone once no process has it open: not even kill -9 leaves it behind. */
export function openUnnamedFile(folder: string): number {
  const place = mkdtempSync(join(folder, 'temporary-'));
  try {
    return openSync(join(place, 'file'), 'wx+', 0o600);
  } finally {
    rmSync(place, { recursive: true });
  }
}

function writeFully(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

function* readLines(file: number): Generator<string, void> {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for (let at = 0; ; ) {
    const length = readSync(file, buffer, 0, buffer.length, at);
    if (length === 0) return;
    at += length;
    const lines = (rest + decoder.write(buffer.subarray(0, length))).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
