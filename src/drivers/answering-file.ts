import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { systemClock } from '../clock.js';
import {
  noteHanging,
  SILENT_MS,
  SourceSilentError,
  silentFile,
  watchSilence,
} from '../silent-source.js';

/** A file that is open to be read. Calls reject with SourceSilentError when the file system does not answer. */
export interface AnsweringFile {
  readonly stat: FileHandle['stat'];
  readFile(): Promise<Buffer>;
  /** Resolves with how many bytes it has read: fewer at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** What has had no answer is not waited for. */
  close(): Promise<void>;
}

/** Each holds one of the 4 threads that Node has for files and for names of hosts. */
const MOST_HANGING = 2;
let hanging = 0;

/**
 * Opens a file, symbolic links followed. Rejects as open(2) fails, and with SourceSilentError. While some calls hang, others are
 * not begun: they may hang as well, and would leave no thread for anything else.
 */
export async function openAnswering(
  path: string,
  flags: number,
  silentMs = SILENT_MS,
): Promise<AnsweringFile> {
  const answered = answering(path, silentMs);
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

/** `late`: what becomes of an answer that comes after all. */
function answering(path: string, silentMs: number) {
  return async <T>(
    call: () => Promise<T>,
    late: (answer: T) => Promise<void> = async () => {},
  ): Promise<T> => {
    if (hanging >= MOST_HANGING) throw silentFile(path, silentMs);
    const called = call();
    let cancel = () => {};
    const silent = new Promise<never>((_, reject) => {
      const isSilent = () => reject(silentFile(path, silentMs));
      cancel = watchSilence(systemClock, silentMs, () => 0, isSilent);
    });
    try {
      return await Promise.race([called, silent]);
    } catch (error) {
      if (error instanceof SourceSilentError) giveUp(called.then(late));
      throw error;
    } finally {
      cancel();
    }
  };
}

function giveUp(call: Promise<unknown>): void {
  const ended = () => {
    hanging -= 1;
  };
  hanging += 1;
  noteHanging(call);
  call.then(ended, ended);
}
