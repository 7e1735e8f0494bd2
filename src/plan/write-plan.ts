import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PlanEnd, PlanHeader, PlanLine } from './plan-file.js';

/** A plan on its way to its file. */
export interface PlanWriter {
  readonly actions: number;
  /** @throws the error of the disk. */
  add(line: PlanLine): void;
  /** Ends the plan and gives it its name. The file is durable when this returns. @throws the error of the disk. */
  finish(): void;
  /** Leaves nothing behind. A file that had the name stays unchanged. */
  abandon(): void;
}

const CHUNK_BYTES = 64 * 1024;

/**
 * Writes beside `file`, and replaces it in `finish`. Needs memory for one chunk, however many actions there are.
 *
 * @throws the error of the disk.
 */
export function writePlan(file: string, header: PlanHeader): PlanWriter {
  const temporary = `${file}.${process.pid}.tmp`;
  const descriptor = openSync(temporary, 'wx', 0o600); // names of files are not for everybody
  const digest = createHash('sha256');
  let lines: string[] = [];
  let waiting = 0;
  let actions = 0;
  let isOpen = true;

  function flush(): void {
    const bytes = Buffer.from(lines.join(''));
    lines = [];
    waiting = 0;
    digest.update(bytes);
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
  }

  function push(line: PlanHeader | PlanLine): void {
    const text = `${JSON.stringify(line)}\n`;
    lines.push(text);
    waiting += text.length;
    if (waiting >= CHUNK_BYTES) flush();
  }

  function close(): void {
    if (!isOpen) return;
    isOpen = false; // also where the close fails: the number may be another file's by then
    closeSync(descriptor);
  }

  push(header);
  return {
    get actions() {
      return actions;
    },
    add(line) {
      push(line);
      actions += 1;
    },
    finish() {
      flush();
      const end: PlanEnd = { end: true, actions, sha256: digest.digest('hex') };
      lines.push(`${JSON.stringify(end)}\n`);
      const bytes = Buffer.from(lines.join(''));
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
      fsyncSync(descriptor);
      close();
      renameSync(temporary, file);
      syncFolderOf(file);
    },
    abandon() {
      close();
      rmSync(temporary, { force: true });
    },
  };
}

/** The new name must survive a loss of power as well. */
function syncFolderOf(file: string): void {
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
