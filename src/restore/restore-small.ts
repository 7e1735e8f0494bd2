import type { ObjectInfo } from '../drivers/call.js';
import { OPEN_PASSAGE } from '../drivers/passage.js';
import type { QuickGet } from '../drivers/quick-get.js';
import type { ObjectRecord } from '../state/object-index.js';
import { SMALL_BYTES } from '../sync/pack-small.js';
import { knownProof } from '../sync/store/content-proof.js';
import type { FileAttributes } from '../watcher/entry.js';
import { type DescribedObject, describedBy, hasSize } from './described-object.js';
import { modeOf } from './new-file.js';
import type { PathedSource } from './pack-small.js';
import type { RestoreContext, RestoreSource } from './restore-context.js';
import type { FileResult } from './restore-file.js';
import { timeText } from './time-text.js';
import { type BatchRow, joinPaths, packRows } from './write-batch.js';
import { createWriteThreads } from './write-threads.js';

/** Restores many small files together: one request for each, one pass over the disk for all. */
export interface SmallRestore {
  /** Whether an object that becomes a file may be among them. */
  takes(source: RestoreSource): boolean;
  /**
   * Calls `restored` for each file that is in place. Resolves with the others, for which something does not go as usual: there is
   * something at their path, their object is gone or another one, their content is not proven by an MD5, the disk is full.
   * Nothing is left of them, and restoring each by itself starts at the beginning.
   */
  restore(
    files: readonly PathedSource[],
    restored: (source: RestoreSource, result: FileResult) => void,
    signal: AbortSignal,
  ): Promise<readonly PathedSource[]>;
  close(): Promise<void>;
}

/** Undefined where each file is to be restored by itself. */
export function openSmallRestore(ctx: RestoreContext): SmallRestore | undefined {
  const { backend, rules, staging, tree, foldsCase } = ctx;
  const { quickGet } = backend.capabilities;
  if (quickGet === undefined || staging === undefined || rules.dryRun || foldsCase)
    return undefined;
  const threads = createWriteThreads({
    root: tree.root,
    staging: staging.folder,
    device: staging.device,
    umask: process.umask(),
  });

  async function absent(files: readonly PathedSource[]): Promise<readonly PathedSource[]> {
    const states = await threads.look(joinPaths(files.map(({ segments }) => segments)));
    return files.filter((_, row) => states[row] === 1);
  }

  return {
    takes: ({ name, info, isCurrent, versionId }) =>
      versionId === undefined &&
      info.size <= SMALL_BYTES &&
      hasSize(backend, info) &&
      !(isCurrent && needsItsOwn(ctx.recordOf(name))),
    async restore(files, restored, signal) {
      const done = new Set<PathedSource>();
      const write = async (loaded: readonly LoadedFile[], content: ArrayBuffer) => {
        const rows = loaded.map(({ row }) => row);
        const states = await threads.write(packRows(rows, content, rules.owner));
        for (const [at, { file, result }] of loaded.entries()) {
          if (states[at] !== 1) continue;
          done.add(file);
          ctx.onBytes(file.source.info.size); // not before: what is left is loaded again, and counted then
          restored(file.source, result);
        }
      };
      try {
        if (staging.room.has(bytesOf(files)))
          await loadEach(ctx, quickGet, await absent(files), write, signal);
      } catch {
        signal.throwIfAborted(); // any other trouble each file meets by itself
      }
      return files.filter((file) => !done.has(file));
    },
    close: () => threads.close(),
  };
}

function needsItsOwn(record: ObjectRecord | undefined): boolean {
  return record?.hardLink === true || record?.attributesDigest !== undefined;
}

/** A file whose content is in memory. */
interface LoadedFile {
  readonly file: PathedSource;
  readonly row: BatchRow;
  /** What it will be once it is in place. */
  readonly result: FileResult;
}

/** Loaded files wait for so long for others to be written with. */
const WRITE_AFTER_MS = 500;

type Write = (files: readonly LoadedFile[], content: ArrayBuffer) => Promise<void>;

/** Takes loaded files one by one. */
interface Writing {
  add(file: LoadedFile, content: Uint8Array): void;
  /** Resolves when all of them are in place, or will not be. */
  end(): Promise<void>;
}

/** Writes what was loaded together, and what waits for an object that is slow without that one. `bytes`: of all of them. */
function writeTogether(
  { clock }: Pick<RestoreContext, 'clock'>,
  bytes: number,
  write: Write,
): Writing {
  const writes: Promise<void>[] = [];
  let files: LoadedFile[] = [];
  let memory = new Uint8Array(bytes);
  let filled = 0;
  let left = bytes;
  let forget = (): void => {};

  function writeNow(): void {
    forget();
    if (files.length === 0) return;
    // What is not written each file finds out by itself.
    writes.push(write(files, memory.buffer).catch(() => undefined));
    left -= filled;
    files = [];
    memory = new Uint8Array(left);
    filled = 0;
  }

  return {
    add(file, content) {
      memory.set(content, filled);
      filled += content.byteLength;
      files.push(file);
      if (files.length === 1) forget = clock.after(WRITE_AFTER_MS, writeNow);
    },
    async end() {
      writeNow();
      await Promise.all(writes);
    },
  };
}

/** Loads what is as it was listed and has an MD5. Rejects as the driver does, once all that was loaded is written. */
async function loadEach(
  ctx: RestoreContext,
  quickGet: QuickGet,
  files: readonly PathedSource[],
  write: Write,
  signal: AbortSignal,
): Promise<void> {
  const [first] = files;
  if (first === undefined) return;
  const wanted = files.map(({ source: { info } }) => {
    const { etag } = info.extra;
    return { key: info.key, size: info.size, ...(typeof etag === 'string' && { etag }) };
  });
  const writing = writeTogether(ctx, bytesOf(files), write);
  const answered = (at: number, info: ObjectInfo, content: Uint8Array) => {
    const file = files[at];
    const loaded = file && loadedFile(ctx, file, info);
    if (loaded === undefined) return;
    writing.add(loaded, content);
  };
  const { container } = first.source.info;
  try {
    await quickGet.getEach(container, wanted, answered, OPEN_PASSAGE, { signal });
  } finally {
    await writing.end();
  }
  signal.throwIfAborted();
}

function bytesOf(files: readonly PathedSource[]): number {
  return files.reduce((sum, { source }) => sum + source.info.size, 0);
}

function isEmpty(attributes: FileAttributes): boolean {
  return Object.keys(attributes).length === 0;
}

/**
 * Undefined: no MD5 of the whole content is known without a further request, or the file has several names, or extended
 * attributes.
 */
function loadedFile(
  { rules, recordOf }: RestoreContext,
  file: PathedSource,
  info: ObjectInfo,
): LoadedFile | undefined {
  const { source, segments } = file;
  const record = source.isCurrent ? recordOf(source.name) : undefined;
  const proof = knownProof(info, record);
  if (proof === undefined || !('checksum' in proof) || proof.checksum.algorithm !== 'md5')
    return undefined;
  const described: DescribedObject = describedBy(info, record);
  const { mtimeNs, mode, uid, gid, extended } = described.attributes;
  if (described.linkGroup !== undefined || (rules.extended && !isEmpty(extended))) return undefined;
  const row: BatchRow = {
    segments,
    size: info.size,
    md5: proof.checksum.hex,
    seconds: mtimeNs === undefined ? Number.NaN : Number(timeText(mtimeNs)),
    mode: modeOf(mode, rules),
    owner: { uid, gid },
  };
  return { file, row, result: { outcome: { outcome: 'restored', proof: proof.by }, described } };
}
