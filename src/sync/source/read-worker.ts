import { createHash, hash } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, readSync } from 'node:fs';
import { systemClock } from '../../clock.js';
import { type ContentLook, LOOK_BYTES, lookOf } from './content-look.js';
import { isSameFile } from './file-stat.js';
import { type ReadRequest, type ReadRequests, unpack } from './read-requests.js';

export type ReadAnswer =
  /** `offset`: where in the batch's buffer the content begins. */
  | { readonly outcome: 'read'; readonly md5: string; readonly hashedAtMs: number; readonly looks: ContentLook; readonly offset: number }
  /** The file is not, or not any longer, the expected one. */
  | { readonly outcome: 'changed' }
  | { readonly outcome: 'failed'; readonly code: string; readonly message: string };

export interface ReadBatchAnswer {
  readonly answers: readonly ReadAnswer[];
  readonly content: ArrayBuffer;
}

export type ReadTask =
  | { readonly task: 'read'; readonly requests: ReadRequests }
  | { readonly task: 'hash' | 'look'; readonly request: ReadRequest };

/** Runs in a thread of its own: synchronous calls are several times cheaper than promises, and block nobody here. */
export default function perform(task: ReadTask): ReadBatchAnswer | ReadAnswer {
  switch (task.task) {
    case 'read':
      return readBatch(unpack(task.requests));
    case 'hash':
      return caught(task.request, hashFile);
    case 'look':
      return { answers: [caught(task.request, lookAtFile)], content: new ArrayBuffer(0) };
  }
}

function readBatch(requests: readonly ReadRequest[]): ReadBatchAnswer {
  const content = new ArrayBuffer(requests.reduce((bytes, { expected }) => bytes + expected.size, 0));
  let offset = 0;
  const answers = requests.map((request) => {
    const begin = offset;
    offset += request.expected.size;
    return caught(request, () => readWhole(request, Buffer.from(content, begin, request.expected.size), begin));
  });
  return { answers, content };
}

function caught(request: ReadRequest, read: (request: ReadRequest) => ReadAnswer): ReadAnswer {
  try {
    return read(request);
  } catch (error) {
    const { code = 'EUNKNOWN', message } = error as NodeJS.ErrnoException;
    // ELOOP: a link where a file was, refused by O_NOFOLLOW.
    return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' ? { outcome: 'changed' } : { outcome: 'failed', code, message };
  }
}

function readWhole(request: ReadRequest, into: Buffer, offset: number): ReadAnswer {
  const hashedAtMs = systemClock.now();
  const whole = request.kind === 'symlink' ? readLink(request, into) : readFile(request, into);
  if (!whole) return { outcome: 'changed' };
  const looks = request.kind === 'file' ? lookOf(into) : 'ordinary';
  return { outcome: 'read', md5: hash('md5', into), hashedAtMs, looks, offset };
}

function readLink({ path, expected }: ReadRequest, into: Buffer): boolean {
  const target = readlinkSync(path, 'buffer');
  return target.copy(into) === expected.size && target.length === expected.size && isSameFile(lstatSync(path, { bigint: true }), expected);
}

function readFile(request: ReadRequest, into: Buffer): boolean {
  return withOpenFile(request, (fd) => {
    let filled = 0;
    while (filled < into.length) {
      const got = readSync(fd, into, filled, into.length - filled, filled);
      if (got === 0) return false;
      filled += got;
    }
    return true;
  });
}

const HASH_BUFFER_BYTES = 256 * 1024;

function hashFile(request: ReadRequest): ReadAnswer {
  const hashedAtMs = systemClock.now();
  const md5 = createHash('md5');
  const buffer = Buffer.allocUnsafeSlow(HASH_BUFFER_BYTES);
  let looks: ContentLook = 'ordinary';
  const whole = withOpenFile(request, (fd) => {
    for (let at = 0; at < request.expected.size; ) {
      const got = readSync(fd, buffer, 0, buffer.length, at);
      if (got === 0) return false;
      if (at === 0) looks = lookOf(buffer.subarray(0, got));
      md5.update(buffer.subarray(0, got));
      at += got;
    }
    return true;
  });
  return whole ? { outcome: 'read', md5: md5.digest('hex'), hashedAtMs, looks, offset: 0 } : { outcome: 'changed' };
}

function lookAtFile(request: ReadRequest): ReadAnswer {
  const hashedAtMs = systemClock.now();
  const beginning = Buffer.alloc(Math.min(LOOK_BYTES, request.expected.size));
  const whole = withOpenFile(request, (fd) => readSync(fd, beginning, 0, beginning.length, 0) === beginning.length);
  return whole ? { outcome: 'read', md5: '', hashedAtMs, looks: lookOf(beginning), offset: 0 } : { outcome: 'changed' };
}

/** Reads only if the file is the expected one before and after: what was read is then one version of it. */
function withOpenFile({ path, expected, follow }: ReadRequest, read: (fd: number) => boolean): boolean {
  // O_NONBLOCK: a FIFO that took the file's place would otherwise wait for a writer for ever.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | (follow ? 0 : constants.O_NOFOLLOW));
  try {
    return isSameFile(fstatSync(fd, { bigint: true }), expected) && read(fd) && isSameFile(fstatSync(fd, { bigint: true }), expected);
  } finally {
    closeSync(fd);
  }
}
