import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import type {
  IndexLocation,
  IndexRange,
  IndexView,
  ObjectIndex,
} from '../../src/state/object-index.js';
import { openIndex, openIndexView } from '../../src/state/open-index.js';
import { temporaryFolder } from '../world/folder.js';
import { record } from './fixtures.js';
import { killWhileWriting } from './killed-writer.js';

/** What every index format promises to other threads, and to the next process after a kill -9. */
export function sharedIndexSuite(engine: 'lmdb' | 'lowdb'): void {
  async function place(): Promise<IndexLocation> {
    return { engine, folder: temporaryFolder() };
  }

  async function opened(location: IndexLocation): Promise<ObjectIndex> {
    const index = await openIndex(location);
    onTestFinished(() => index.close());
    return index;
  }

  const namesSeen = (view: IndexView, range?: IndexRange) =>
    [...view.entries(range)].map(({ name }) => name);
  const namesIn = (index: Pick<ObjectIndex, 'entries'>, range?: IndexRange) =>
    [...index.entries(range)].map(([name]) => name);

  describe(`index engine ${engine}, seen from outside`, () => {
    test('a view stays unchanged while the index is written, and a new one has what was written', async () => {
      const location = await place();
      const index = await opened(location);
      await Promise.all(['a', 'b'].map((name) => index.put(name, record())));
      const view = await openIndexView(location);
      await index.put('c', record());
      await index.put('a', record({ size: 99 }));
      await index.remove('b');
      expect(namesSeen(view)).toEqual(['a', 'b']);
      expect(view.get('a')?.size).toBe(11);
      expect(namesSeen(view, { after: 'a' })).toEqual(['b']);
      expect(namesSeen(view, { upTo: 'a' })).toEqual(['a']);
      const later = await openIndexView(location);
      expect(namesSeen(later)).toEqual(['a', 'c']);
      await Promise.all([view.close(), later.close()]);
      await index.put('d', record());
      expect(namesIn(index)).toEqual(['a', 'c', 'd']);
    });

    test('threads that look at views, and end without closing them, harm neither the index nor later views', {
      timeout: 180_000,
    }, async () => {
      const location = await place();
      const index = await opened(location);
      await Promise.all(Array.from({ length: 200 }, (_, at) => index.put(`n${at}`, record())));
      for (let round = 0; round < 8; round++) {
        const worker = new Worker(new URL('./view-thread.js', import.meta.url), {
          workerData: location,
        });
        const ended = once(worker, 'exit');
        const [seen] = await once(worker, 'message');
        expect(seen).toBe(200 + round);
        await index.put(`more${round}`, record());
        expect(await ended).toEqual([0]);
      }
      expect(index.count()).toBe(208);
    });

    test('P5: kill -9 in the midst of writing loses no write that was acknowledged', {
      timeout: 180_000,
    }, async () => {
      const location = await place();
      for (let round = 0; round < 3; round++) {
        const acknowledged = await killWhileWriting(location, round, 100);
        const index = await openIndex(location);
        expect(acknowledged.length).toBeGreaterThanOrEqual(100);
        for (const name of acknowledged) expect(index.get(name)?.inode).toBe(BigInt(round));
        expect(index.namesOfInode(BigInt(round))).toEqual(
          expect.arrayContaining([...acknowledged]),
        );
        expect(index.count()).toBe([...index.entries()].length);
        await index.close();
      }
    });
  });
}
