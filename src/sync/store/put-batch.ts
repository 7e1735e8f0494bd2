import type { Backend } from '../../drivers/backend.js';
import type { BatchedObject, BatchPut, StoredObject } from '../../drivers/capabilities.js';
import { ObjectError } from '../../drivers/errors.js';
import { failpoint } from '../../failpoint.js';
import type { Confirmed, FileInBatch, ObjectStore, PutBatch } from './object-store.js';
import type { PutDescriptions } from './put-options.js';

export interface PutBatchOptions {
  readonly backend: Pick<Backend, 'capabilities'>;
  readonly container: string;
  /** Empty, or ends in `/`. */
  readonly prefix: string;
  readonly descriptions: Pick<PutDescriptions, 'optionsFor'>;
  readonly putBytes: ObjectStore['putBytes'];
}

/** Puts of a batch that are under way at once where each is a request; the target's own limit is in the layers. */
const AT_ONCE = 32;

/** With one call where the backend takes many objects at once, else with one for each. */
export function batchPuts(options: PutBatchOptions): PutBatch {
  const { copy, batchPut } = options.backend.capabilities;
  // A provider that may copy what replaces the source of a copy: each put waits for the copies of its object.
  const mayReplaceSources = copy !== undefined && !copy.bindsSource;
  return batchPut === undefined || mayReplaceSources
    ? eachByItself(options)
    : together(options, batchPut);
}

function eachByItself({ putBytes }: PutBatchOptions): PutBatch {
  return async (files, content, signal) => {
    const confirmed = new Array<Confirmed | undefined>(files.length).fill(undefined);
    const rows = files.entries();
    let stopped = false;
    const send = async () => {
      for (const [row, { name, entry, md5, begin }] of rows) {
        if (stopped) return;
        const bytes = new Uint8Array(content, begin, entry.size);
        try {
          confirmed[row] = await putBytes(name, entry, { md5, bytes }, 'anywhere', signal);
          failpoint('sync: batch sent in part');
        } catch (error) {
          stopped ||= !(error instanceof ObjectError);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, files.length) }, send));
    return confirmed;
  };
}

function together(
  { container, prefix, descriptions }: PutBatchOptions,
  batchPut: BatchPut,
): PutBatch {
  const objectOf = ({ name, entry, md5 }: FileInBatch): BatchedObject => ({
    key: prefix + name,
    size: entry.size,
    md5,
    options: descriptions.optionsFor(name, entry, md5, 'anywhere'),
  });

  return async (files, content, signal) => {
    const confirmed: (Confirmed | undefined)[] = [];
    for (const share of sharesOf(files, batchPut)) {
      const contents = contentsOf(share, content);
      const objects = share.map(objectOf);
      const outcomes = await batchPut.putObjects(container, objects, contents, { signal });
      for (const [row, { md5 }] of share.entries()) {
        const outcome = outcomes[row];
        confirmed.push(
          outcome !== undefined && 'stored' in outcome && outcome.stored.md5 === md5
            ? confirmedOf(outcome.stored)
            : undefined,
        );
      }
    }
    return confirmed;
  };
}

function confirmedOf({ md5, etag, versionId }: StoredObject): Confirmed {
  return {
    md5,
    ...(etag === undefined ? {} : { etag }),
    ...(versionId === undefined ? {} : { versionId }),
  };
}

/** As many files at a time as one call may carry. */
function* sharesOf(
  files: readonly FileInBatch[],
  { maxObjects, maxBytes }: BatchPut,
): Generator<readonly FileInBatch[], void> {
  let share: FileInBatch[] = [];
  let bytes = 0;
  for (const file of files) {
    if (share.length === maxObjects || (share.length > 0 && bytes + file.entry.size > maxBytes)) {
      yield share;
      share = [];
      bytes = 0;
    }
    share.push(file);
    bytes += file.entry.size;
  }
  if (share.length > 0) yield share;
}

/** The contents of these files one after the other, in memory that the call may take away. */
function contentsOf(files: readonly FileInBatch[], content: SharedArrayBuffer): ArrayBuffer {
  const packed = new Uint8Array(files.reduce((sum, { entry }) => sum + entry.size, 0));
  let at = 0;
  for (const { entry, begin } of files) {
    packed.set(new Uint8Array(content, begin, entry.size), at);
    at += entry.size;
  }
  return packed.buffer;
}
