import type { Call } from '../call.js';
import { ObjectChangedError } from '../errors.js';
import type { GetOutcome, QuickGet, WantedObject } from '../quick-get.js';
import { createQuickRun } from '../quick-run.js';
import { existable } from './capabilities.js';
import { toStorageError } from './failure.js';
import { type FoundObject, readObjects, toObjectInfo } from './object.js';
import type { FileThread } from './thread.js';

type Answered = Parameters<QuickGet['getEach']>[2];

/** All objects that may begin at the same time are read by one question to the thread. `isKey`: whether a file can have the key. */
export function localQuickGet(thread: FileThread, isKey: (key: string) => boolean): QuickGet {
  return {
    async getEach(container, objects, answered, passage, call) {
      call.signal.throwIfAborted();
      existable(container);
      const sizes = objects.map(({ size }) => size);
      let gathered: number[] = [];
      const run = createQuickRun<GetOutcome>({ sizes, passage, begin }, call);

      function begin(row: number): void {
        gathered.push(row);
        if (gathered.length === 1) queueMicrotask(() => void readGathered());
      }

      async function readGathered(): Promise<void> {
        const rows = gathered;
        gathered = [];
        const asked = rows.map((row) => objects[row] as WantedObject);
        const give: Answered = (place, info, content) => answered(rows[place] ?? 0, info, content);
        const outcomes = await readTogether(thread, container, asked, isKey, give, call);
        for (const [place, row] of rows.entries())
          run.ended(row, outcomes[place] ?? { error: new Error('it was not read') });
      }

      return run.outcomes();
    },
  };
}

/** An outcome for each of `objects`. */
async function readTogether(
  thread: FileThread,
  container: string,
  objects: readonly WantedObject[],
  isKey: (key: string) => boolean,
  answered: Answered,
  { signal }: Call,
): Promise<readonly GetOutcome[]> {
  const outcomes: GetOutcome[] = objects.map(({ key }) => ({
    error: toStorageError({ kind: 'no-object', key }),
  }));
  const rows = [...objects.keys()].filter((row) => isKey(objects[row]?.key ?? ''));
  if (rows.length === 0) return outcomes;
  const wanted = (place: number) => objects[rows[place] ?? 0] as WantedObject;
  const order = {
    container,
    keys: rows.map((row) => objects[row]?.key).join('\0'),
    sizes: Float64Array.from(rows, (row) => objects[row]?.size ?? 0),
  };
  try {
    const { objects: text, content, failed } = await thread.ask('getObjects', order, signal);
    const failures = new Map(failed);
    const found = readObjects(text)[Symbol.iterator]();
    let begin = 0;
    for (const [place, row] of rows.entries()) {
      const failure = failures.get(place);
      const object = failure === undefined ? found.next().value : undefined;
      const error = failure
        ? toStorageError(failure, wanted(place).key)
        : changeOf(wanted(place), object);
      outcomes[row] = error === undefined ? { read: true } : { error };
      if (object?.size !== wanted(place).size) continue;
      const bytes = new Uint8Array(content, begin, object.size);
      begin += object.size;
      if (error === undefined) answered(row, toObjectInfo(container, object), bytes);
    }
    return outcomes;
  } catch (error) {
    const reason = error instanceof Error ? error : new Error(String(error));
    return outcomes.map(() => ({ error: reason }));
  }
}

function changeOf({ key, size, etag }: WantedObject, found: FoundObject | undefined) {
  const context = { driver: 'local' };
  if (found === undefined || found.size !== size)
    return new ObjectChangedError(key, `${size} bytes`, `${found?.size} bytes`, context);
  if (etag === undefined || etag === found.etag) return undefined;
  return new ObjectChangedError(key, etag, `the etag ${found.etag}`, context);
}
