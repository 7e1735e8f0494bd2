import { getObjects } from './batch-gets.js';
import { putObjects } from './batch-puts.js';
import {
  type Change,
  type Commits,
  createCommits,
  createMakeDurable,
  type Published,
} from './change.js';
import { createContainer, deleteContainer, headContainer, listContainers } from './containers.js';
import { copyChange, replaceMetaData } from './copies.js';
import { deleteObjects } from './deletes.js';
import { Refusal, toFailure } from './failure.js';
import { createFolders, type Folders } from './folders.js';
import { createReadEntries } from './listing.js';
import { headObject, listBareObjects, listObjects } from './lookups.js';
import { isFolderKey } from './names.js';
import type { Ask, Handlers, OperationName, Ticket, WorkerSettings } from './protocol.js';
import { copyFolder, putFolder, refuseContent } from './put-folder.js';
import { type AwaitedFile, beginFile, beginUpload, putBytes, type Upload } from './puts.js';
import { createStore, type Store } from './store.js';

/** The requests that came with one message. */
export interface Turn {
  /** Answers through the ticket, or throws. */
  run<Name extends OperationName>(
    operation: Name,
    ask: Ask<Name>,
    ticket: Ticket,
    body: Uint8Array | undefined,
  ): void;
  /** Begins to commit what the requests have prepared. */
  end(): void;
}

/** Operations that do not fail because the root is gone. */
const ENDS: ReadonlySet<OperationName> = new Set(['close', 'dropUpload', 'dropFile']);

/** All that a root's worker can be asked, on the files themselves. */
export function createOperations(settings: WorkerSettings): { turn(): Turn } {
  const store = createStore(settings);
  const folders = createFolders();
  const read = createReadEntries();
  const commits = createCommits(
    (run) => store.exclusive(run),
    settings.fsync ? createMakeDurable() : undefined,
  );

  const unfinished = unfinishedPuts(store, folders, commits);

  /** A change that needs no preparation. */
  const change = (ticket: Ticket, publish: () => Published): void =>
    commits.add({ ticket, contents: [], publish, discard: () => undefined });

  async function later(preparing: Promise<Change>, ticket: Ticket): Promise<void> {
    try {
      commits.add(await preparing);
      commits.flush();
    } catch (error) {
      ticket.fail(toFailure(error));
    }
  }

  const handlers: Handlers = {
    listContainers: ({ after, size }, ticket) => ticket.answer(listContainers(store, after, size)),
    headContainer: ({ container }, ticket) => ticket.answer(headContainer(store, container)),
    createContainer: ({ container }, ticket) =>
      change(ticket, () => createContainer(store, container)),
    deleteContainer: ({ container }, ticket) =>
      change(ticket, () => deleteContainer(store, container)),
    listObjects: (order, ticket) => ticket.answer(listObjects(store, read, order)),
    listBareObjects(order, ticket) {
      const page = listBareObjects(store, read, order);
      ticket.answer(page, page.objects.buffer);
    },
    headObject: ({ container, key }, ticket) => ticket.answer(headObject(store, container, key)),
    getObjects(order, ticket) {
      const batch = getObjects(store, order);
      ticket.answer(batch, batch.content);
    },
    putBytes: (order, ticket, body) =>
      commits.add(
        (isFolderKey(order.key) ? putFolder : putBytes)(
          store,
          folders,
          order,
          body ?? new Uint8Array(),
          ticket,
        ),
      ),
    putObjects: (order, ticket) => commits.add(putObjects(store, folders, order, ticket)),
    ...unfinished.handlers,
    copyObject(order, ticket) {
      const { from, to } = order;
      if (isFolderKey(from.key) || isFolderKey(to.key))
        commits.add(copyFolder(store, folders, order, ticket));
      else if (from.container === to.container && from.key === to.key)
        commits.add(replaceMetaData(store, order, ticket));
      else void later(copyChange(store, folders, order, ticket), ticket);
    },
    deleteObjects: ({ container, keys }, ticket) =>
      change(ticket, () => deleteObjects(store, container, keys)),
    close: (_, ticket) => void close(ticket),
  };

  async function close(ticket: Ticket): Promise<void> {
    commits.flush();
    await commits.idle();
    unfinished.discardAll();
    try {
      await store.close();
      ticket.answer(undefined);
    } catch (error) {
      ticket.fail(toFailure(error));
    }
  }

  return {
    turn() {
      folders.forget();
      let gone: Refusal | undefined;
      try {
        store.turn();
      } catch (error) {
        gone = new Refusal(toFailure(error)); // each request is answered with it
      }
      return {
        run(operation, ask, ticket, body) {
          if (gone !== undefined && !ENDS.has(operation)) throw gone;
          handlers[operation](ask, ticket, body);
        },
        end: () => commits.flush(),
      };
    },
  };
}

interface UnfinishedPuts {
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
function unfinishedPuts(store: Store, folders: Folders, commits: Commits): UnfinishedPuts {
  const uploads = new Map<number, Upload>();
  const files = new Map<number, AwaitedFile>();

  return {
    handlers: {
      beginUpload({ upload, order }, ticket) {
        if (isFolderKey(order.key)) refuseContent(order.key);
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
        if (isFolderKey(order.key)) refuseContent(order.key);
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
