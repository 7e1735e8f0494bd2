import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';

/** JSON lines on their way to a file. */
export interface ReportFile {
  /** @throws the error of the disk. */
  add(line: unknown): void;
  /** Gives the file its name. It is durable when this returns. @throws the error of the disk. */
  finish(): void;
  /** Leaves nothing behind of a file that was not finished; else does nothing. A file that had the name stays unchanged. */
  abandon(): void;
}

const CHUNK_BYTES = 64 * 1024;

/** Writes beside the file, and replaces it in `finish`. Needs memory for one chunk. @throws the error of the disk. */
export function openReportFile(folder: string, name: string): ReportFile {
  const file = resolve(folder, name);
  const temporary = `${file}.${process.pid}.tmp`;
  const descriptor = openSync(temporary, 'wx', 0o600); // names of files are not for everybody
  let lines: string[] = [];
  let waiting = 0;
  let isOpen = true;

  function flush(): void {
    const bytes = Buffer.from(lines.join(''));
    lines = [];
    waiting = 0;
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
  }

  return {
    add(line) {
      const text = `${JSON.stringify(line)}\n`;
      lines.push(text);
      waiting += text.length;
      if (waiting >= CHUNK_BYTES) flush();
    },
    finish() {
      flush();
      fsyncSync(descriptor);
      isOpen = false; // also where the close fails: the number may be another file's by then
      closeSync(descriptor);
      renameSync(temporary, file);
    },
    abandon() {
      if (!isOpen) return;
      isOpen = false;
      closeSync(descriptor);
      rmSync(temporary, { force: true });
    },
  };
}
