import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { answeringCall } from '../answering-call.js';
import { SILENT_MS } from '../silent-source.js';

/** A file that is open to be read. Calls reject with SourceSilentError when the file system does not answer. */
export interface AnsweringFile {
  readonly stat: FileHandle['stat'];
  readFile(): Promise<Buffer>;
  /** Resolves with how many bytes it has read: fewer at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** What has had no answer is not waited for. */
  close(): Promise<void>;
}

/** Opens a file, symbolic links followed. Rejects as open(2) fails, and with SourceSilentError: see answeringCall. */
export async function openAnswering(
  path: string,
  flags: number,
  silentMs = SILENT_MS,
): Promise<AnsweringFile> {
  const answered = <T>(call: () => Promise<T>, late?: (answer: T) => Promise<void>) =>
    answeringCall(path, call, { silentMs, ...(late && { late }) });
  // O_NONBLOCK: opening a FIFO would otherwise wait for a writer, and hold a thread of libuv's pool meanwhile.
  const opening = () => open(path, constants.O_RDONLY | constants.O_NONBLOCK | flags);
  const file = await answered(opening, (late) => late.close());
  let hangs: Promise<unknown> | undefined;

  /** One call at a time. */
  function ask<T>(call: () => Promise<T>): Promise<T> {
    return answered(() => {
      const called = call();
      hangs = called;
      return called.finally(() => {
        hangs = undefined;
      });
    });
  }

  return {
    stat: ((...options: Parameters<FileHandle['stat']>) =>
      ask(() => file.stat(...options))) as FileHandle['stat'],
    readFile: () => ask(() => file.readFile()),
    read: async (into, position) =>
      (await ask(() => file.read(into, 0, into.byteLength, position))).bytesRead,
    async close() {
      if (hangs === undefined) await answered(() => file.close());
      else hangs.catch(() => {}).then(() => file.close());
    },
  };
}
