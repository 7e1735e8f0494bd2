import { Low } from 'lowdb';
import { readIfPresent, writeDurably } from './durable-file.js';
import { sealJson, unsealJson } from './sealed-json.js';

/** How a value is written as JSON, and read from any JSON. */
export interface DocumentFormat<T> {
  /** The value of a file that does not exist. */
  readonly initial: T;
  toJson(value: T): object;
  /** @throws StateDamagedError, StateNewerError */
  fromJson(json: unknown): T;
}

/** One value in one JSON file. */
export interface Document<T> {
  /** Whether the file was there when it was opened. */
  readonly existed: boolean;
  /** The value with every requested update, durable or not yet. Never half an update. */
  read(): T;
  /** The value that is on disk. */
  readDurable(): T;
  /**
   * Resolves when the change is durable; changes of the same moment share one write. When that write fails, it rejects
   * and the change is undone in memory too: what is read is then what is on disk, with the changes asked for since.
   * A change that throws rejects, and one that returns what it was given writes nothing.
   */
  update(change: (value: T) => T): Promise<void>;
  /** Waits for the updates under way. Later ones are refused. A second call does nothing. */
  close(): Promise<void>;
}

interface Waiting<T> {
  readonly change: (value: T) => T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** @throws StateDamagedError, StateNewerError, StateUnavailableError: a file that cannot be read is not an empty one. */
export async function openDocument<T extends object>(
  file: string,
  format: DocumentFormat<T>,
): Promise<Document<T>> {
  let existed = false;
  const database = new Low<T>(
    {
      // lowdb's own adapter does not sync, and takes an unreadable file for a missing one.
      async read() {
        const text = await readIfPresent(file);
        existed = text !== undefined;
        return text === undefined ? null : format.fromJson(unsealJson(text, file));
      },
      write: (value) => writeDurably(file, sealJson(format.toJson(value))),
    },
    format.initial,
  );
  await database.read();

  let durable = database.data;
  let current = durable;
  let waiting: Waiting<T>[] = [];
  let writing: Promise<void> | undefined;
  let closed = false;

  async function writeWaiting(): Promise<void> {
    await undefined; // lets the updates of this moment join
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        if (current !== durable) {
          database.data = current;
          await database.write();
          durable = database.data;
        }
        for (const update of batch) update.resolve();
      } catch (error) {
        undo();
        for (const update of batch) update.reject(error);
      }
    }
    writing = undefined;
  }

  function undo(): void {
    current = durable;
    waiting = waiting.filter((update) => {
      try {
        current = update.change(current);
        return true;
      } catch (error) {
        update.reject(error);
        return false;
      }
    });
  }

  return {
    existed,
    read: () => current,
    readDurable: () => durable,
    async update(change) {
      if (closed) throw new Error(`${file} is closed`);
      current = change(current);
      const written = new Promise<void>((resolve, reject) =>
        waiting.push({ change, resolve, reject }),
      );
      writing ??= writeWaiting();
      await written;
    },
    async close() {
      closed = true;
      await writing;
    },
  };
}
