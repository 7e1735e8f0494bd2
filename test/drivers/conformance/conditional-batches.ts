import { expect } from 'vitest';
import {
  ObjectDoesNotExistError,
  PreconditionFailedError,
  UnsupportedOperationError,
} from '../../../src/drivers/errors.js';
import { errorOf, type PutAll, plain, text } from './batch-of.js';
import { call, contentOf, type Fixture, listKeys, put } from './fixture.js';

/** Conditions of objects that are put with many others. */
export function conditionalBatchCases({ backend, inContainer }: Fixture, putAll: PutAll): void {
  const declared = backend.capabilities.preconditions;
  const ifAbsent = { ...plain, precondition: { ifAbsent: true } } as const;
  const ifMatch = (etag: string) => ({ ...plain, precondition: { ifMatch: etag } });

  async function contents(container: string): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const key of await listKeys(backend, container))
      found[key] = await contentOf(backend, { container, key });
    return found;
  }

  inContainer('ifAbsent stores what is new and leaves what is there', async (container) => {
    await put(backend, { container, key: 'there' }, 'of another');
    const outcomes = [
      ...(await putAll(container, [text('new', 'A', ifAbsent)])),
      ...(await putAll(container, [text('there', 'B', ifAbsent), text('free', 'C')])),
    ];
    if (!declared.includes('ifAbsent')) {
      for (const outcome of outcomes.slice(0, 2))
        expect(errorOf(outcome)).toBeInstanceOf(UnsupportedOperationError);
      expect(await contents(container)).toEqual({ there: 'of another', free: 'C' });
      return;
    }
    expect(errorOf(outcomes[1])).toBeInstanceOf(PreconditionFailedError);
    expect(outcomes.filter((outcome) => 'stored' in outcome)).toHaveLength(2);
    expect(await contents(container)).toEqual({ new: 'A', there: 'of another', free: 'C' });
  });

  inContainer('ifMatch replaces the version that is meant, and no other', async (container) => {
    for (const key of ['same', 'changed', 'gone'])
      await put(backend, { container, key }, `${key}, first`);
    const etagOf = async (key: string) =>
      String((await backend.headObject({ container, key }, call)).extra['etag']);
    const [same, changed, gone] = [
      await etagOf('same'),
      await etagOf('changed'),
      await etagOf('gone'),
    ];
    await put(backend, { container, key: 'changed' }, 'of another');
    await backend.deleteObject({ container, key: 'gone' }, call);
    const outcomes = [
      ...(await putAll(container, [text('same', 'second', ifMatch(same))])),
      ...(await putAll(container, [
        text('changed', 'second', ifMatch(changed)),
        text('gone', 'second', ifMatch(gone)),
      ])),
    ];
    if (!declared.includes('ifMatch')) {
      for (const outcome of outcomes)
        expect(errorOf(outcome)).toBeInstanceOf(UnsupportedOperationError);
      expect(await contents(container)).toEqual({ same: 'same, first', changed: 'of another' });
      return;
    }
    expect(outcomes[0]).toHaveProperty('stored');
    expect(errorOf(outcomes[1])).toBeInstanceOf(PreconditionFailedError);
    const ofGone = errorOf(outcomes[2]);
    expect(
      ofGone instanceof PreconditionFailedError || ofGone instanceof ObjectDoesNotExistError,
      String(ofGone),
    ).toBe(true);
    expect(await contents(container)).toEqual({ same: 'second', changed: 'of another' });
    const renewed = await putAll(container, [text('same', 'third', ifMatch(await etagOf('same')))]);
    expect(renewed[0]).toHaveProperty('stored');
  });

  inContainer('of two batches with ifAbsent at once, one wins each object', async (container) => {
    if (!declared.includes('ifAbsent')) return;
    const keys = Array.from({ length: 12 }, (_, at) => `k${at}`);
    const batches = ['one', 'two'].map((by) =>
      putAll(
        container,
        keys.map((key) => text(key, by, ifAbsent)),
      ),
    );
    const [one = [], two = []] = await Promise.all(batches);
    for (const [at, key] of keys.entries()) {
      const stored = [one[at], two[at]].map(
        (outcome) => outcome !== undefined && 'stored' in outcome,
      );
      expect(stored.filter(Boolean), key).toHaveLength(1);
      expect(await contentOf(backend, { container, key })).toBe(stored[0] ? 'one' : 'two');
    }
  });
}
