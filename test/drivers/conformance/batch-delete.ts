import { expect, it } from 'vitest';
import { ContainerDoesNotExistError, ContainerError } from '../../../src/drivers/errors.js';
import { call, type Fixture, listKeys, put, rejection, uniqueContainerName } from './fixture.js';

export function batchDeleteCases({ backend, inContainer }: Fixture): void {
  const { batchDelete } = backend.capabilities;
  if (batchDelete === undefined) {
    it('are refused where they are not declared', () => expect(batchDelete).toBeUndefined());
    return;
  }

  inContainer(
    'delete the keys that are named, odd ones too, and no others; a missing one is no failure',
    async (container) => {
      const keys = ['a b', 'a&b<c>', 'é/🎉', 'per%20cent', 'plus+', 'kept'];
      for (const key of keys) await put(backend, { container, key }, key);
      const failures = await batchDelete.deleteObjects(
        container,
        [...keys.filter((key) => key !== 'kept'), 'never was'],
        call,
      );
      expect([...failures]).toEqual([]);
      expect(await listKeys(backend, container)).toEqual(['kept']);
    },
  );

  inContainer('a key that no object can have is as missing as any other', async (container) => {
    await put(backend, { container, key: 'a' }, 'a');
    expect([
      ...(await batchDelete.deleteObjects(container, ['', 'a', '\ud800', 'a'], call)),
    ]).toEqual([]);
    expect(await listKeys(backend, container)).toEqual([]);
  });

  inContainer('no keys are no request that fails', async (container) => {
    expect([...(await batchDelete.deleteObjects(container, [], call))]).toEqual([]);
  });

  it('can carry at least one key', () => expect(batchDelete.maxKeys).toBeGreaterThan(0));

  it('of a container that cannot be are refused like any other call', async () => {
    const outcome = await rejection(batchDelete.deleteObjects('a/b', ['x'], call));
    expect(outcome).toBeInstanceOf(ContainerError);
  });

  it('G5: a missing container is said to be missing, or every key of it is gone anyway', async () => {
    const outcome = await batchDelete
      .deleteObjects(uniqueContainerName(), ['x'], call)
      .catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(ContainerDoesNotExistError);
  });

  inContainer('G6: one whose signal is aborted already deletes nothing', async (container) => {
    const reason = new Error('no more');
    await put(backend, { container, key: 'kept' }, 'x');
    expect(
      await rejection(
        batchDelete.deleteObjects(container, ['kept'], { signal: AbortSignal.abort(reason) }),
      ),
    ).toBe(reason);
    expect(await listKeys(backend, container)).toEqual(['kept']);
  });
}
