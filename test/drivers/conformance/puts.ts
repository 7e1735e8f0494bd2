import { expect } from 'vitest';
import type { Body } from '../../../src/drivers/call.js';
import {
  ObjectDoesNotExistError,
  UnprovenAnswerError,
  UnsupportedOperationError,
} from '../../../src/drivers/errors.js';
import {
  call,
  contentOf,
  type Fixture,
  listKeys,
  plain,
  put,
  randomContent,
  readAll,
  rejection,
  streamedBody,
} from './fixture.js';

const MIB = 1024 * 1024;

export function putCases({ backend, again, inContainer }: Fixture): void {
  const failing: Readonly<Record<string, () => Body>> = {
    'ends before it should': () => ({ ...streamedBody(randomContent(MIB)), size: MIB + 5 }),
    'is empty and should not be': () => ({ ...streamedBody(new Uint8Array()), size: 5 }),
    'goes on after it should have ended': () => ({
      ...streamedBody(randomContent(MIB)),
      size: MIB - 5,
    }),
    'is not empty and should be': () => ({ ...streamedBody(randomContent(5)), size: 0 }),
    'throws before its first byte': () => throwing(MIB, 0),
    'throws in the middle': () => throwing(MIB, MIB / 2),
    'throws after its last byte': () => throwing(MIB, MIB),
    'is in memory and shorter than it says': () => ({
      ...streamedBody(randomContent(5)),
      bytes: randomContent(5),
      size: 6,
    }),
  };
  for (const [what, body] of Object.entries(failing)) {
    inContainer(
      `G2: a source that ${what} stores nothing and leaves what was there`,
      async (container) => {
        await put(backend, { container, key: 'old' }, 'as before');
        for (const key of ['old', 'new'])
          await rejection(backend.putObject({ container, key }, body(), plain, call));
        expect(await contentOf(backend, { container, key: 'old' })).toBe('as before');
        expect(await rejection(backend.headObject({ container, key: 'new' }, call))).toBeInstanceOf(
          ObjectDoesNotExistError,
        );
        expect(await listKeys(backend, container)).toEqual(['old']);
      },
    );
  }

  inContainer(
    'a body of unknown length is stored whole, or refused with UnsupportedOperationError before it is opened',
    async (container) => {
      const content = randomContent(100_000);
      let opened = 0;
      const body: Body = {
        size: undefined,
        replayable: false,
        open() {
          opened += 1;
          return streamedBody(content).open();
        },
      };
      const outcome = await backend
        .putObject({ container, key: 'stream' }, body, plain, call)
        .catch((error: unknown) => error);
      if (outcome instanceof Error) {
        expect(outcome).toBeInstanceOf(UnsupportedOperationError);
        expect(opened).toBe(0);
        expect(await listKeys(backend, container)).toEqual([]);
      } else {
        expect(
          (
            await readAll(await backend.readObject({ container, key: 'stream' }, undefined, call))
          ).equals(content),
        ).toBe(true);
      }
    },
  );

  inContainer(
    'a chunk that is reused by its source after it was taken does no harm',
    async (container) => {
      const chunk = new Uint8Array(1000);
      const body: Body = {
        size: 5000,
        replayable: true,
        async *open() {
          for (let i = 1; i <= 5; i += 1) {
            chunk.fill(i);
            yield Uint8Array.from(chunk);
          }
        },
      };
      await backend.putObject({ container, key: 'reused' }, body, plain, call);
      const expected = Buffer.concat([1, 2, 3, 4, 5].map((i) => Buffer.alloc(1000, i)));
      expect(
        (
          await readAll(await backend.readObject({ container, key: 'reused' }, undefined, call))
        ).equals(expected),
      ).toBe(true);
    },
  );

  inContainer(
    'G2: of two clients that write one object at once, one wins whole',
    async (container) => {
      const other = await again();
      const ref = { container, key: 'contended' };
      const contents = [randomContent(300_000), randomContent(200_000)] as const;
      for (let round = 0; round < 5; round += 1) {
        const puts = await Promise.allSettled([
          backend.putObject(ref, streamedBody(contents[0]), plain, call),
          other.putObject(ref, streamedBody(contents[1]), plain, call),
        ]);
        // The other one is stored and replaced, or refused, or its answer proves nothing (Swift's s3api); nothing else may go wrong.
        for (const put of puts) {
          if (put.status === 'fulfilled' || put.reason instanceof UnprovenAnswerError) continue;
          expect(put.reason).toMatchObject({ name: 'ObjectError', retry: 'backoff' });
          expect(String(put.reason)).toContain('another writer replaced it meanwhile');
        }
        const stored = contents.filter((_, at) => puts[at]?.status === 'fulfilled');
        const found = await readAll(await backend.readObject(ref, undefined, call));
        expect(stored.some((content) => content.equals(found))).toBe(true);
      }
      await other.close();
    },
  );

  inContainer(
    'G2: who reads while an object is overwritten gets one version, whole',
    async (container) => {
      const other = await again();
      const ref = { container, key: 'busy' };
      const versions = [Buffer.alloc(400_000, 'a'), Buffer.alloc(500_000, 'b')];
      await put(backend, ref, versions[0]!);
      let writing = true;
      const writer = (async () => {
        for (let round = 1; round <= 10; round += 1) await put(backend, ref, versions[round % 2]!);
        writing = false;
      })();
      do {
        const found = await readAll(await other.readObject(ref, undefined, call));
        expect(versions.some((version) => version.equals(found))).toBe(true);
      } while (writing);
      await writer;
      await other.close();
    },
  );
}

/** Says that it has `size` bytes and throws when it has given `after` of them. */
function throwing(size: number, after: number): Body {
  return {
    size,
    replayable: true,
    async *open() {
      if (after > 0) yield randomContent(after);
      throw new Error('the source failed');
    },
  };
}
