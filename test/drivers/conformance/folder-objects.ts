import { expect } from 'vitest';
import { InvalidObjectNameError, ObjectDoesNotExistError } from '../../../src/drivers/errors.js';
import { call, contentOf, type Fixture, listKeys, put, rejection } from './fixture.js';

/** An empty object whose name ends in `/`: what stands for a folder. A store of files has the folder itself. */
export function folderObjectCases({ backend, again, inContainer }: Fixture): void {
  const contentType = backend.capabilities.folderType;
  const described = { contentType, metaData: { mtime: '1600000000.000000000', mode: '40750' } };

  if (backend.capabilities.names.keyProblem('a/') !== undefined) {
    inContainer(
      'the object of a folder is refused by its name, and nothing is stored',
      async (container) => {
        const refused = put(backend, { container, key: 'a/' }, '', described);
        expect(await rejection(refused)).toBeInstanceOf(InvalidObjectNameError);
        expect(await listKeys(backend, container)).toEqual([]);
      },
    );
    return;
  }

  inContainer(
    'G1: the object of a folder has its type and metadata, for another client too, and no content',
    async (container) => {
      const ref = { container, key: 'a folder/é/' };
      await put(backend, ref, '', described);
      const other = await again();
      const found = await other.headObject(ref, call);
      expect(found).toMatchObject({ ...ref, size: 0, metaData: described.metaData });
      expect(found.extra['contentType']).toBe(contentType);
      expect(await contentOf(other, ref)).toBe('');
      expect(await listKeys(other, container)).toEqual(['a folder/é/']);
      await other.close();
    },
  );

  inContainer(
    'G3: objects of folders are listed where their names are, and stay when what is in them comes and goes',
    async (container) => {
      const keys = ['a/', 'a/b', 'a/c/', 'a/c/d/e', 'a-', 'f/'];
      for (const key of keys) await put(backend, { container, key }, '', described);
      const sorted = [...keys].sort();
      expect(await listKeys(backend, container)).toEqual(sorted);
      for (const key of ['a/b', 'a/c/d/e']) await backend.deleteObject({ container, key }, call);
      expect(await listKeys(backend, container)).toEqual(['a-', 'a/', 'a/c/', 'f/']);
      const found = await backend.headObject({ container, key: 'a/' }, call);
      expect(found.metaData).toEqual(described.metaData);
      await backend.deleteObject({ container, key: 'a/' }, call);
      await backend.deleteObject({ container, key: 'a/' }, call); // is missing now
      expect(await listKeys(backend, container)).toEqual(['a-', 'a/c/', 'f/']);
      const error = await rejection(backend.headObject({ container, key: 'a/' }, call));
      expect(error).toBeInstanceOf(ObjectDoesNotExistError);
    },
  );

  const { copy } = backend.capabilities;
  if (copy === undefined) return;
  inContainer('G1: the object of a folder gets other metadata where it is', async (container) => {
    const ref = { container, key: 'f/' };
    await put(backend, ref, '', described);
    await put(backend, { container, key: 'f/x' }, 'x');
    const metaData = { mtime: '1700000000.000000000', mode: '40700' };
    await copy.copyObject(ref, ref, { contentType, metaData }, call);
    expect((await backend.headObject(ref, call)).metaData).toEqual(metaData);
    expect(await listKeys(backend, container)).toEqual(['f/', 'f/x']);
  });
}
