import { expect, it } from 'vitest';
import {
  ContainerAlreadyExistsError,
  ContainerDoesNotExistError,
  ContainerIsNotEmptyError,
  InvalidContainerNameError,
  ObjectDoesNotExistError,
  StorageError,
} from '../../../src/drivers/errors.js';
import {
  call,
  contentOf,
  type Fixture,
  put,
  rejection,
  removeContainer,
  uniqueContainerName,
} from './fixture.js';

export function containerCases({ backend, again, harness, inContainer }: Fixture): void {
  inContainer(
    'a container that was created is found by name, by this client and by another',
    async (container) => {
      expect((await backend.headContainer(container, call)).name).toBe(container);
      const other = await again();
      expect((await other.headContainer(container, call)).name).toBe(container);
      await other.close();
    },
  );

  it('G3: listing containers in pages of 2 gives each once', async () => {
    const names = [uniqueContainerName(), uniqueContainerName(), uniqueContainerName()];
    for (const name of names) await backend.createContainer(name, call);
    const listed: string[] = [];
    let after: string | undefined;
    do {
      const page = await backend.listContainers(
        after === undefined ? { size: 2 } : { size: 2, after },
        call,
      );
      listed.push(...page.items.map(({ name }) => name));
      expect(page.next, 'the token must advance').not.toBe(after ?? '');
      after = page.next;
    } while (after !== undefined);
    for (const name of names) expect(listed.filter((one) => one === name)).toEqual([name]);
    expect(new Set(listed).size).toBe(listed.length);
    for (const name of names) await removeContainer(backend, name);
  });

  inContainer('creating one twice is ContainerAlreadyExistsError', async (container) => {
    const error = await rejection(backend.createContainer(container, call));
    expect(error).toBeInstanceOf(ContainerAlreadyExistsError);
    expect(error).toMatchObject({
      name: 'ContainerAlreadyExistsError',
      containerName: container,
      retry: 'never',
    });
    expect(error.message).toContain(`container "${container}" already exists`);
  });

  it('an impossible name is InvalidContainerNameError with the rule', async () => {
    for (const name of harness.badContainerNames ?? ['', 'with/slash']) {
      const error = await rejection(backend.createContainer(name, call));
      expect(error, JSON.stringify(name)).toBeInstanceOf(InvalidContainerNameError);
      expect(error.message).toMatch(/is not a valid name: .{5,}/);
    }
  });

  inContainer(
    'G5: deleting a container that holds objects is ContainerIsNotEmptyError and deletes nothing',
    async (container) => {
      await put(backend, { container, key: 'deep/down/object' }, 'still here');
      const error = await rejection(backend.deleteContainer(container, call));
      expect(error).toBeInstanceOf(ContainerIsNotEmptyError);
      expect(error).toMatchObject({ name: 'ContainerIsNotEmptyError', containerName: container });
      expect(await contentOf(backend, { container, key: 'deep/down/object' })).toBe('still here');
    },
  );

  it('G5: a container is missing after its delete, and before its creation', async () => {
    const container = uniqueContainerName();
    await backend.createContainer(container, call);
    await put(backend, { container, key: 'folder/object' }, '');
    await backend.deleteObject({ container, key: 'folder/object' }, call);
    await backend.deleteContainer(container, call);
    for (const name of [container, uniqueContainerName()]) {
      const operations = {
        headContainer: () => backend.headContainer(name, call),
        deleteContainer: () => backend.deleteContainer(name, call),
        listObjects: () => backend.listObjects(name, '', {}, call),
        putObject: () => put(backend, { container: name, key: 'x' }, 'x'),
      };
      for (const [operation, run] of Object.entries(operations)) {
        const error = await rejection(run());
        expect(error, operation).toBeInstanceOf(ContainerDoesNotExistError);
        expect(error, operation).toMatchObject({
          name: 'ContainerDoesNotExistError',
          containerName: name,
          retry: 'never',
        });
      }
    }
  });

  it('G5: an object of a missing container is missing: the error names either of them', async () => {
    const ref = { container: uniqueContainerName(), key: 'x' };
    for (const run of [
      () => backend.headObject(ref, call),
      () => backend.readObject(ref, undefined, call),
    ]) {
      const error = await rejection(run());
      expect(
        error instanceof ContainerDoesNotExistError || error instanceof ObjectDoesNotExistError,
        String(error),
      ).toBe(true);
    }
    const gone = await backend.deleteObject(ref, call).catch((error: unknown) => error);
    if (gone !== undefined) expect(gone).toBeInstanceOf(ContainerDoesNotExistError);
  });

  it('an error names its driver', async () => {
    const error = await rejection(backend.headContainer(uniqueContainerName(), call));
    expect(error).toBeInstanceOf(StorageError);
    expect((error as StorageError).driver).toBe(backend.name);
  });

  it('a client can be closed twice', async () => {
    const other = await again();
    await other.close();
    await other.close();
  });
}
