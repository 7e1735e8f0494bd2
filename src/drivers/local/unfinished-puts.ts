import type { Commits } from './change.js';
import type { Folders } from './folders.js';
import { type AwaitedFile, beginFile, beginUpload, type Upload } from './puts.js';
import type { Store } from './store.js';
import type { Handlers } from './ticket.js';

export interface UnfinishedPuts {
  readonly handlers: Pick<
    Handlers,
    | 'beginUpload'
    | 'uploadChunk'
    | 'finishUpload'
    | 'dropUpload'
    | 'beginFile'
    | 'finishFile'
    | 'dropFile'
  >;
  discardAll(): void;
}

/** The puts that take more than one request, by the numbers that their callers gave them. */
export function unfinishedPuts(store: Store, folders: Folders, commits: Commits): UnfinishedPuts {
  const uploads = new Map<number, Upload>();
  const files = new Map<number, AwaitedFile>();

  return {
    handlers: {
      beginUpload({ upload, order }, ticket) {
        uploads.set(upload, beginUpload(store, folders, order));
        ticket.answer(undefined);
      },
      uploadChunk({ upload, memory, length }, ticket) {
        begun(uploads, upload).write(new Uint8Array(memory, 0, length));
        ticket.answer(memory, memory);
      },
      finishUpload({ upload }, ticket) {
        commits.add(begun(uploads, upload).finish(ticket));
        uploads.delete(upload);
      },
      dropUpload({ upload }, ticket) {
        uploads.get(upload)?.discard();
        uploads.delete(upload);
        ticket.answer(undefined);
      },
      beginFile({ file, order }, ticket) {
        const awaited = beginFile(store, folders, order);
        files.set(file, awaited);
        ticket.answer(awaited.path);
      },
      finishFile({ file, inode, md5 }, ticket) {
        commits.add(begun(files, file).finish(inode, md5, ticket));
        files.delete(file);
      },
      dropFile({ file }, ticket) {
        files.get(file)?.discard();
        files.delete(file);
        ticket.answer(undefined);
      },
    },
    discardAll() {
      for (const one of [...uploads.values(), ...files.values()]) one.discard();
    },
  };
}

function begun<T>(puts: ReadonlyMap<number, T>, number: number): T {
  const put = puts.get(number);
  if (put === undefined) throw new Error(`put ${number} is not under way`);
  return put;
}
