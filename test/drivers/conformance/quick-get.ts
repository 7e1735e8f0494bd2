import { expect, it } from 'vitest';
import type { ObjectInfo } from '../../../src/drivers/call.js';
import {
  ContainerDoesNotExistError,
  ObjectDoesNotExistError,
} from '../../../src/drivers/errors.js';
import { OPEN_PASSAGE } from '../../../src/drivers/passage.js';
import type { GetOutcome, WantedObject } from '../../../src/drivers/quick-get.js';
import {
  call,
  type Fixture,
  put,
  randomContent,
  rejection,
  uniqueContainerName,
} from './fixture.js';

interface Got {
  readonly outcomes: readonly (GetOutcome | undefined)[];
  /** What was given, by row. */
  readonly given: ReadonlyMap<number, { readonly info: ObjectInfo; readonly content: Buffer }>;
}

export function quickGetCases({ backend, inContainer }: Fixture): void {
  const { quickGet } = backend.capabilities;
  if (quickGet === undefined) {
    it('are not declared', () => expect(quickGet).toBeUndefined());
    return;
  }

  async function getEach(
    container: string,
    objects: readonly WantedObject[],
    signal = call.signal,
  ): Promise<Got> {
    const given = new Map<number, { info: ObjectInfo; content: Buffer }>();
    const answered = (row: number, info: ObjectInfo, content: Uint8Array) => {
      expect(given.has(row), 'a row that was given before').toBe(false);
      given.set(row, { info, content: Buffer.from(content) });
    };
    const outcomes = await quickGet!.getEach(container, objects, answered, OPEN_PASSAGE, {
      signal,
    });
    return { outcomes, given };
  }

  inContainer(
    'each content comes back byte for byte, with all that a look at the object says',
    async (container) => {
      const contents = [0, 1, 1023, 65_537, 300_000].map((size) => randomContent(size));
      const document = '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>';
      contents.push(Buffer.from(document));
      const wanted: WantedObject[] = [];
      for (const [at, content] of contents.entries()) {
        const ref = { container, key: `folder/ö ${at}` };
        const info = await put(backend, ref, content, { metaData: { at: `${at}`, two: 'ä' } });
        wanted.push({ key: ref.key, size: content.byteLength, etag: info.extra['etag'] as string });
      }
      const { outcomes, given } = await getEach(container, wanted);
      expect(outcomes).toEqual(wanted.map(() => ({ read: true })));
      for (const [at, content] of contents.entries()) {
        expect(given.get(at)!.content.equals(content), `row ${at}`).toBe(true);
        const looked = await backend.headObject({ container, key: wanted[at]!.key }, call);
        expect(given.get(at)!.info).toEqual(looked);
      }
    },
  );

  inContainer('no objects are no call that fails', async (container) => {
    expect((await getEach(container, [])).outcomes).toEqual([]);
  });

  inContainer(
    'an object that is missing, or another one than was asked for, is not given, and the others are',
    async (container) => {
      const keys = ['a', 'longer', 'other', 'z'];
      for (const key of keys) await put(backend, { container, key }, key);
      const wanted = [
        { key: 'a', size: 1 },
        { key: 'b', size: 1 },
        { key: 'longer', size: 3 },
        { key: 'other', size: 5, etag: '"ffffffffffffffffffffffffffffffff"' },
        { key: 'z', size: 1 },
      ];
      const { outcomes, given } = await getEach(container, wanted);
      const ends = outcomes.map((end) => (end && 'error' in end ? end.error.name : end?.read));
      const changed = 'ObjectChangedError';
      expect(ends).toEqual([true, 'ObjectDoesNotExistError', changed, changed, true]);
      expect([...given.keys()].sort()).toEqual([0, 4]);
    },
  );

  it('G5: a missing container is the error of an object, which names either of them', async () => {
    const { outcomes } = await getEach(uniqueContainerName(), [{ key: 'k', size: 1 }]);
    const [end] = outcomes;
    expect(end && 'error' in end && end.error).toSatisfy(
      (error) =>
        error instanceof ContainerDoesNotExistError || error instanceof ObjectDoesNotExistError,
    );
  });

  inContainer('G6: a call whose signal is aborted already reads nothing', async (container) => {
    await put(backend, { container, key: 'a' }, 'A');
    const reason = new Error('no more');
    const aborted = getEach(container, [{ key: 'a', size: 1 }], AbortSignal.abort(reason));
    expect(await rejection(aborted)).toBe(reason);
  });
}
