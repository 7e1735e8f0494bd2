import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Writable } from 'node:stream';
import { statHandle, unsigned } from '../file-stat.js';
import { makeFolders } from '../make-folders.js';

export interface RotatingFileSettings {
  /** Absolute. */
  readonly path: string;
  /** Bytes from which on a line begins a new file. */
  readonly size: number;
  /** Files that are kept, the one that is written to included: `log`, `log.1` (the next older), … */
  readonly keep: number;
}

/** The event of the first failure, with the error, until writing works again. */
export const FAILED = 'log-file-failed';

const READ_BY_GROUP = 0o640;
const FOLDER_MODE = 0o750;
/** A FIFO without a reader is an error, and not a wait without end. */
const FLAGS = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
const NEWLINE = 10;

/**
 * A stream of lines, each a chunk, to a file that is replaced when it is full. What arrives during a write is written together.
 * Nothing is awaited by who logs. A file that was removed or renamed under it (logrotate) is created again; a line that was cut
 * by a crash or a full disk stays a line of its own. Lines that cannot be written are counted, and the next one that can is
 * preceded by their number: the stream itself never fails.
 *
 * @param lost the line, with its end, that says how many were lost, and why
 */
export function createRotatingFile(
  settings: RotatingFileSettings,
  lost: (count: number, why: string) => string,
): Writable {
  const file = openLater(settings);
  const missing = { count: 0, why: '' };

  async function write(stream: Writable, lines: readonly Buffer[]): Promise<void> {
    let waiting = lines;
    try {
      if (missing.count > 0) {
        await file.append([Buffer.from(lost(missing.count, missing.why))]);
        missing.count = 0;
      }
      while (waiting.length > 0) waiting = waiting.slice(await file.append(waiting));
    } catch (error) {
      if (missing.count === 0) stream.emit(FAILED, error);
      missing.count += waiting.length;
      missing.why = `the log file could not be written (${(error as NodeJS.ErrnoException).code})`;
      await file.close(); // opened again, it shows where its last line ends
    }
  }

  return new Writable({
    write(line: Buffer, _encoding, done) {
      void write(this, line.length === 0 ? [] : [line]).then(() => done());
    },
    writev(chunks, done) {
      const lines = chunks.map(({ chunk }) => chunk as Buffer).filter(({ length }) => length > 0);
      void write(this, lines).then(() => done());
    },
    final(done) {
      void file.close().then(() => done());
    },
  });
}

interface LineFile {
  /** Appends some of the lines, at least one, and resolves with their number. */
  append(lines: readonly Buffer[]): Promise<number>;
  close(): Promise<void>;
}

function openLater({ path, size: full, keep }: RotatingFileSettings): LineFile {
  let handle: FileHandle | undefined;
  /** The last line in the file has no end. */
  let isTorn = false;

  async function close(): Promise<void> {
    const closing = handle;
    handle = undefined;
    await closing?.close().catch(() => {});
  }

  /** The size of the file at the path, which is open afterwards. */
  async function current(): Promise<number> {
    const there = await stat(path, { bigint: true }).then(unsigned, ifMissing);
    const opened = handle && (await statHandle(handle));
    if (there !== undefined && opened?.ino === there.ino && opened.dev === there.dev)
      return Number(there.size);
    await close();
    await makeFolders(dirname(path), FOLDER_MODE);
    handle = await open(path, FLAGS, READ_BY_GROUP);
    const stats = await statHandle(handle);
    if (!stats.isFile()) {
      await close();
      throw new Error(`${path} is not a regular file`);
    }
    const size = Number(stats.size);
    isTorn = size > 0 && (await lastByte(handle, size)) !== NEWLINE;
    return size;
  }

  /** `log.3` becomes `log.4`, …, `log` becomes `log.1`. Killed in between, the next time goes on: each step is a rename. */
  async function rotate(): Promise<void> {
    await close();
    for (let number = keep - 1; number > 0; number--)
      await rename(number === 1 ? path : `${path}.${number - 1}`, `${path}.${number}`).catch(
        ifMissing,
      );
    await rm(path, { force: true }); // is there only when no other is kept
  }

  return {
    async append(lines) {
      let size = await current();
      if (size >= full) {
        await rotate();
        size = await current();
      }
      let count = 0;
      while (count < lines.length && (count === 0 || size < full))
        size += lines[count++]?.length ?? 0;
      const batch = Buffer.concat([
        ...(isTorn ? [Buffer.from('\n')] : []),
        ...lines.slice(0, count),
      ]);
      await handle?.appendFile(batch);
      isTorn = false;
      return count;
    },
    close,
  };
}

async function lastByte(handle: FileHandle, size: number): Promise<number | undefined> {
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0];
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
