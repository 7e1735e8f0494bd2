import { expect, it } from 'vitest';
import { checksumOf } from '../../../src/drivers/digest.js';
import { ObjectHashMismatchError } from '../../../src/drivers/errors.js';
import {
  call,
  contentOf,
  type Fixture,
  listAll,
  listKeys,
  plain,
  put,
  randomContent,
  rejection,
  streamedBody,
} from './fixture.js';

export function checksumCases({ backend, inContainer }: Fixture): void {
  const { checksums, listingHas } = backend.capabilities;

  for (const algorithm of checksums) {
    inContainer(
      `the provider accepts content with its own ${algorithm} and refuses any other (G2)`,
      async (container) => {
        const content = randomContent(10_000);
        const right = { ...plain, checksums: [checksumOf(algorithm, content)] };
        const wrong = {
          ...plain,
          checksums: [checksumOf(algorithm, Buffer.from('another content'))],
        };
        await put(backend, { container, key: 'old' }, 'as before');
        await put(backend, { container, key: 'right' }, content, right);
        for (const key of ['old', 'new']) {
          for (const body of [
            streamedBody(content),
            { ...streamedBody(content), bytes: content },
          ]) {
            const error = await rejection(backend.putObject({ container, key }, body, wrong, call));
            expect(error).toBeInstanceOf(ObjectHashMismatchError);
            expect(error).toMatchObject({ name: 'ObjectHashMismatchError', objectName: key });
          }
        }
        expect(await contentOf(backend, { container, key: 'old' })).toBe('as before');
        expect(await listKeys(backend, container)).toEqual(['old', 'right']);
      },
    );
  }

  inContainer(
    'a checksum of an object is a digest of its content, in lower-case hex',
    async (container) => {
      const content = randomContent(1000);
      const ref = { container, key: 'x' };
      const reported = [
        await put(backend, ref, content),
        await backend.headObject(ref, call),
        ...(await listAll(backend, container)),
      ];
      for (const { checksums: found } of reported) {
        for (const checksum of found)
          expect(checksum).toEqual(checksumOf(checksum.algorithm, content));
      }
      if (listingHas.checksums)
        expect(reported.at(-1)?.checksums.map(({ algorithm }) => algorithm)).toContain(
          backend.hashType,
        );
    },
  );

  it('what is declared as hash type is what the first checksum is of', () => {
    if (listingHas.checksums) expect(backend.hashType).toBeDefined();
  });
}
