import { on } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { FileVersion } from '../file-stat.js';
import { programFile } from '../program-files.js';
import { childController } from '../signal.js';
import { bytesBody } from './body.js';
import type { Body, BodyPart, PartSource } from './call.js';
import { withMd5 } from './cut-parts.js';
import type { FilePartsMessage, FilePartsOrder, PartWanted } from './file-parts-worker.js';

/** Parts up to this are handed over as they were read; larger ones are read again as they are sent, from the system's cache. */
const MOST_BUFFERED = 8 * 1024 * 1024;
/** Parts that are read and not released yet: those on their way, and the one that is next. */
const AHEAD = 5;

const PROGRAM = programFile(new URL('./file-parts-worker.js', import.meta.url));

export interface FilePartsOptions {
  readonly path: string;
  readonly follow: boolean;
  readonly version: FileVersion;
  /** The bytes of a part that was not handed over. */
  readonly slice: (start: number, end: number) => Body;
  /** What reading rejects with when the file is not the version that is meant. */
  readonly changed: () => Error;
}

/**
 * A file in parts. A thread of its own reads and hashes it once, in order, and never has more than a few parts ahead of
 * those that were released.
 */
export function fileParts(
  { path, follow, version, slice, changed }: FilePartsOptions,
  partSize: number,
  signal: AbortSignal,
): PartSource {
  const order: FilePartsOrder = {
    path,
    follow,
    version,
    partSize,
    withBytes: partSize <= MOST_BUFFERED,
  };
  let whole: string | undefined;

  async function* parts(): AsyncGenerator<BodyPart, void, undefined> {
    const worker = new Worker(PROGRAM.load(), {
      workerData: order,
      name: 'longshore-file-parts',
      execArgv: [], // a program's own, such as --input-type, may not fit a worker
    });
    const want = (buffer: PartWanted) =>
      worker.postMessage(buffer, buffer === null ? [] : [buffer]);
    for (let i = 0; i < AHEAD; i += 1) want(null);
    const { controller, unlink } = childController(signal); // `on` would add a listener to a signal that many share
    try {
      let start = 0;
      for await (const [message] of on(worker, 'message', {
        signal: controller.signal,
        close: ['exit'],
      }) as AsyncIterable<[FilePartsMessage]>) {
        if (message.kind !== 'part') {
          whole = endOf(message);
          return;
        }
        const { number, size, md5, buffer } = message;
        const body =
          buffer === undefined
            ? slice(start, start + size)
            : bytesBody(new Uint8Array(buffer, 0, size));
        yield { number, size, md5, body: withMd5(body, md5), release: () => want(buffer ?? null) };
        start += size;
      }
      throw new Error(`the thread that read "${path}" ended before the file did`);
    } catch (error) {
      signal.throwIfAborted(); // the signal's own reason, rather than Node's AbortError
      throw error;
    } finally {
      unlink();
      worker.on('error', () => {}); // without a listener, an out-of-memory error would end the process
      worker.unref();
      // Not awaited: one that hangs in a dead network file system cannot be ended.
      void worker.terminate();
    }
  }

  function endOf(message: Exclude<FilePartsMessage, { kind: 'part' }>): string {
    if (message.kind === 'end') return message.md5;
    if (message.kind === 'changed') throw changed();
    throw Object.assign(new Error(message.message), { code: message.code });
  }

  return {
    parts: parts(),
    md5() {
      if (whole === undefined) throw new Error(`the whole of "${path}" has not been read yet`);
      return whole;
    },
  };
}
