import { putObjects } from './batch-puts.js';
import { type Change, createCommits, type Published } from './change.js';
import { createContainer, deleteContainer, headContainer, listContainers } from './containers.js';
import { copyChange, replaceMetaData } from './copies.js';
import { deleteObjects } from './deletes.js';
import { createMakeDurable } from './durable.js';
import { Refusal, toFailure } from './failure.js';
import { createReadEntries } from './folder-entries.js';
import { createFolders } from './folders.js';
import { headObject, listBareObjects, listObjects } from './lookups.js';
import type { Ask, OperationName, WorkerSettings } from './protocol.js';
import { putBytes } from './puts.js';
import { createStore } from './store.js';
import type { Handlers, Ticket } from './ticket.js';
import { unfinishedPuts } from './unfinished-puts.js';

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
    putBytes: (order, ticket, body) =>
      commits.add(putBytes(store, folders, order, body ?? new Uint8Array(), ticket)),
    putObjects: (order, ticket) => commits.add(putObjects(store, folders, order, ticket)),
    ...unfinished.handlers,
    copyObject(order, ticket) {
      const { from, to } = order;
      if (from.container === to.container && from.key === to.key)
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
