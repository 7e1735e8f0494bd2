import type { LocalEntry } from '../../watcher/entry.js';
import type { ReadAttributes } from './read-attributes.js';
import type { AttributesAnswer, AttributesRequest } from './read-worker.js';

interface Waiting {
  readonly request: AttributesRequest;
  resolve(read: ReadAttributes): void;
  reject(error: unknown): void;
}

/** What asks for the attributes of one file or folder: see FileReader. Requests of the same turn go to the thread together. */
export function gatherAttributes(
  run: (requests: readonly AttributesRequest[]) => Promise<readonly AttributesAnswer[]>,
  failure: (path: string, answer: AttributesAnswer | undefined) => Error,
): (absolutePath: string, entry: LocalEntry) => Promise<ReadAttributes> {
  let waiting: Waiting[] = [];

  async function flush(): Promise<void> {
    const batch = waiting;
    waiting = [];
    try {
      const answers = await run(batch.map(({ request }) => request));
      for (const [at, { request, resolve, reject }] of batch.entries()) {
        const answer = answers[at];
        if (answer?.outcome === 'read') resolve(answer);
        else reject(failure(request.path, answer));
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return (path, { size, mtimeNs, ctimeNs, inode, kind }) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(() => void flush());
      const expected = { size, mtimeNs, ctimeNs, inode };
      waiting.push({ request: { path, expected, isFolder: kind === 'folder' }, resolve, reject });
    });
}
