import '../../quiet-console.js';
import { createHash, hash } from 'node:crypto';
import { readlinkSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemClock } from '../../clock.js';
import { isVersion, lstatPath } from '../../file-stat.js';
import { hashInParts, type PartsDigest } from '../../parts-digest.js';
import { CLASSIFIED_BYTES, type ContentClass, contentClassOf } from '../content-class.js';
import type { KeptAttributes } from '../file-attributes.js';
import { pathsOf, type UploadBatch, versionAt } from '../upload-batch.js';
import {
  type BatchContent,
  createBatchContent,
  FILE_CHANGED,
  FILE_UNREADABLE,
  noteRead,
} from './batch-content.js';
import { openPlaceCheck, type ReadFrom } from './in-place.js';
import { type Place, withOpenFile } from './open-version.js';
import { type ReadAttributes, readAttributes } from './read-attributes.js';
import { type ReadRequest, type ReadRequests, unpack } from './read-requests.js';

export type ReadAnswer =
  /** `offset`: where in the batch's buffer the content begins. */
  | {
      readonly outcome: 'read';
      readonly md5: string;
      readonly md5Parts?: PartsDigest;
      readonly hashedAtMs: number;
      readonly looks: ContentClass;
      readonly offset: number;
    }
  /** The file is not, or not any longer, the expected one. */
  | { readonly outcome: 'changed' }
  | { readonly outcome: 'failed'; readonly code: string; readonly message: string };

export interface ReadBatchAnswer {
  readonly answers: readonly ReadAnswer[];
  readonly content: ArrayBuffer;
}

export type ReadTask = { readonly from: ReadFrom } & (
  | { readonly task: 'read'; readonly requests: ReadRequests }
  | {
      readonly task: 'read-all';
      readonly batch: UploadBatch;
      readonly memory: SharedArrayBuffer;
    }
  | { readonly task: 'hash'; readonly request: ReadRequest; readonly partSize: number | undefined }
  | { readonly task: 'look'; readonly request: ReadRequest }
  | { readonly task: 'attributes'; readonly requests: readonly AttributesRequest[] }
);

export interface AttributesRequest extends Pick<ReadRequest, 'path' | 'expected'> {
  readonly isFolder: boolean;
}

export type AttributesAnswer =
  | (ReadAttributes & { readonly outcome: 'read' })
  | Exclude<ReadAnswer, { readonly outcome: 'read' }>;

/** Runs in a thread of its own: synchronous calls are several times cheaper than promises, and block no other work here. */
export default function perform(
  task: ReadTask,
): ReadBatchAnswer | ReadAnswer | BatchContent | readonly AttributesAnswer[] {
  const place: Place = { follow: task.from.follow, has: openPlaceCheck(task.from) };
  switch (task.task) {
    case 'read':
      return readBatch(unpack(task.requests), place);
    case 'read-all':
      return readAll(task.batch, task.memory, task.from, place);
    case 'hash':
      return caught(() => hashFile(task.request, task.partSize, place));
    case 'look':
      return {
        answers: [caught(() => lookAtFile(task.request, place))],
        content: new ArrayBuffer(0),
      };
    case 'attributes':
      return task.requests.map((request) =>
        caught(() => attributesOf(request, task.from.attributes, place)),
      );
  }
}

function readBatch(requests: readonly ReadRequest[], place: Place): ReadBatchAnswer {
  const content = new ArrayBuffer(
    requests.reduce((bytes, { expected }) => bytes + expected.size, 0),
  );
  let offset = 0;
  const answers = requests.map((request) => {
    const begin = offset;
    offset += request.expected.size;
    return caught(() =>
      readWhole(request, place, Buffer.from(content, begin, request.expected.size), begin),
    );
  });
  return { answers, content };
}

/** A file that is not read leaves its row's content undefined, and disturbs no other. */
function readAll(
  batch: UploadBatch,
  memory: SharedArrayBuffer,
  { source, attributes: kept }: ReadFrom,
  place: Place,
): BatchContent {
  const read = createBatchContent(batch, memory);
  let begin = 0;
  for (const [row, path] of pathsOf(batch).entries()) {
    const expected = versionAt(batch, row);
    const into = Buffer.from(read.content, begin, expected.size);
    begin += expected.size;
    read.hashedAtMs[row] = systemClock.now();
    const request = { path: `${source}/${path}`, kind: 'file', expected } as const;
    try {
      const isWhole = withOpenFile(request, place, (fd) => {
        if (!fill(fd, into)) return false;
        if (kept === undefined) return true;
        read.attributes[row] = readAttributes(fd, false, kept);
        return read.attributes[row] !== undefined;
      });
      if (isWhole) noteRead(read, row, hash('md5', into), contentClassOf(into));
      else read.states[row] = FILE_CHANGED;
    } catch {
      read.states[row] = FILE_UNREADABLE;
    }
  }
  return read;
}

/** What a failed reading of a file means. */
function caught<Answer>(read: () => Answer): Answer | Exclude<ReadAnswer, { outcome: 'read' }> {
  try {
    return read();
  } catch (error) {
    const { code = 'EUNKNOWN', message } = error as NodeJS.ErrnoException;
    // ELOOP: a link where a file was, refused by O_NOFOLLOW.
    return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP'
      ? { outcome: 'changed' }
      : { outcome: 'failed', code, message };
  }
}

function readWhole(request: ReadRequest, place: Place, into: Buffer, offset: number): ReadAnswer {
  const hashedAtMs = systemClock.now();
  const whole =
    request.kind === 'symlink' ? readLink(request, place, into) : readFile(request, place, into);
  if (!whole) return { outcome: 'changed' };
  const looks = request.kind === 'file' ? contentClassOf(into) : 'ordinary';
  return { outcome: 'read', md5: hash('md5', into), hashedAtMs, looks, offset };
}

function readLink({ path, expected }: ReadRequest, place: Place, into: Buffer): boolean {
  const folder = dirname(path);
  if (!place.has(folder)) return false;
  const target = readlinkSync(path, 'buffer');
  const isWhole = target.copy(into) === expected.size && target.length === expected.size;
  return isWhole && isVersion(lstatPath(path), expected) && place.has(folder);
}

function readFile(request: ReadRequest, place: Place, into: Buffer): boolean {
  return withOpenFile(request, place, (fd) => fill(fd, into));
}

/** False: the file ends before. */
function fill(fd: number, into: Buffer): boolean {
  let filled = 0;
  while (filled < into.length) {
    const got = readSync(fd, into, filled, into.length - filled, filled);
    if (got === 0) return false;
    filled += got;
  }
  return true;
}

function attributesOf(
  request: AttributesRequest,
  kept: KeptAttributes = {},
  place: Place,
): AttributesAnswer {
  let read: ReadAttributes | undefined;
  const isWhole = withOpenFile(request, place, (fd) => {
    read = readAttributes(fd, request.isFolder, kept);
    return read !== undefined;
  });
  return isWhole && read !== undefined ? { outcome: 'read', ...read } : { outcome: 'changed' };
}

const HASH_BUFFER_BYTES = 256 * 1024;

function hashFile(request: ReadRequest, partSize: number | undefined, place: Place): ReadAnswer {
  const hashedAtMs = systemClock.now();
  const md5 = createHash('md5');
  const inParts = partSize === undefined ? undefined : hashInParts(partSize);
  const buffer = Buffer.allocUnsafeSlow(HASH_BUFFER_BYTES);
  let looks: ContentClass = 'ordinary';
  const whole = withOpenFile(request, place, (fd) => {
    for (let at = 0; at < request.expected.size; ) {
      const got = readSync(fd, buffer, 0, buffer.length, at);
      if (got === 0) return false;
      const chunk = buffer.subarray(0, got);
      if (at === 0) looks = contentClassOf(chunk);
      md5.update(chunk);
      inParts?.update(chunk);
      at += got;
    }
    return true;
  });
  if (!whole) return { outcome: 'changed' };
  const digests = { md5: md5.digest('hex'), ...(inParts && { md5Parts: inParts.digest() }) };
  return { outcome: 'read', ...digests, hashedAtMs, looks, offset: 0 };
}

function lookAtFile(request: ReadRequest, place: Place): ReadAnswer {
  const hashedAtMs = systemClock.now();
  const beginning = Buffer.alloc(Math.min(CLASSIFIED_BYTES, request.expected.size));
  const whole = withOpenFile(
    request,
    place,
    (fd) => readSync(fd, beginning, 0, beginning.length, 0) === beginning.length,
  );
  return whole
    ? { outcome: 'read', md5: '', hashedAtMs, looks: contentClassOf(beginning), offset: 0 }
    : { outcome: 'changed' };
}
