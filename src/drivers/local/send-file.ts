import { NEVER_ABORTED } from '../../signal.js';
import type { BodyFile } from '../call.js';
import type { WireObject } from './object.js';
import type { PutOrder } from './protocol.js';
import { toStorageError } from './storage-error.js';
import type { FileThread } from './thread.js';
import type { TransferAnswer } from './transfer-file.js';
import { createTransferThreads } from './transfer-threads.js';

export interface SendFile {
  send(order: PutOrder, file: BodyFile, signal: AbortSignal): Promise<WireObject>;
  close(): void;
}

/** Stores large files, which threads of their own read and hash once: not a byte passes through this thread. */
export function createSendFile(thread: FileThread): SendFile {
  const threads = createTransferThreads();
  let files = 0;

  return {
    async send(order, body, signal) {
      files += 1;
      const file = files;
      const target = await thread.ask('beginFile', { file, order }, signal);
      try {
        const { key, attributes, checksums } = order;
        const { path, version, follow } = body;
        const transfer = { key, source: { path, version, follow }, target, attributes, checksums };
        const answer = await threads.transfer(transfer, signal);
        if (answer.outcome !== 'written') throw errorOf(answer, key, body, signal);
        const { inode, md5 } = answer;
        body.onRead(version.size, md5);
        await body.beforeStored();
        return await thread.ask('finishFile', { file, inode, md5 }, signal);
      } catch (error) {
        // What went wrong first is what counts; the thread's end removes the temporary file as well.
        await thread.ask('dropFile', { file }, NEVER_ABORTED).catch(() => undefined);
        throw error;
      }
    },
    close: () => threads.close(),
  };
}

function errorOf(
  answer: Exclude<TransferAnswer, { readonly outcome: 'written' }>,
  key: string,
  file: BodyFile,
  signal: AbortSignal,
): unknown {
  switch (answer.outcome) {
    case 'changed':
      return file.changed();
    case 'unreadable':
      return Object.assign(new Error(answer.error.message), answer.error);
    case 'failed':
      return toStorageError(answer.failure, key);
    case 'stopped':
      return signal.reason;
  }
}
