import { expect, test } from 'vitest';
import {
  ContainerAccessDeniedError,
  InvalidCredentialsError,
  ObjectAccessDeniedError,
} from '../../src/drivers/errors.js';
import {
  call,
  listKeys,
  put,
  rejection,
  removeContainer,
  uniqueContainerName,
} from '../drivers/conformance/fixture.js';
import { openS3 } from '../drivers/s3/open.js';
import { openSwift } from '../drivers/swift/open.js';
import { s3Servers, strangersOfSwift, withServers } from './environment.js';

withServers('rights at a real S3', 'LONGSHORE_S3_ENDPOINT', s3Servers(), ({ settings, title }) => {
  test(`${title}: a wrong secret and an unknown key are credentials errors, with or without a body in the answer`, async () => {
    const container = uniqueContainerName();
    const right = openS3(settings);
    await right.createContainer(container, call);
    const wrong = [
      openS3({ ...settings, secret: 'wrong' }),
      openS3({ ...settings, key: 'unknown-key' }),
    ];
    for (const backend of wrong) {
      expect(await rejection(listKeys(backend, container))).toBeInstanceOf(InvalidCredentialsError);
      expect(await rejection(backend.headContainer(container, call))).toBeInstanceOf(
        InvalidCredentialsError,
      );
      expect(await rejection(put(backend, { container, key: 'a' }, 'x'))).toBeInstanceOf(
        InvalidCredentialsError,
      );
      await backend.close();
    }
    await removeContainer(right, container);
    await right.close();
  });
});

withServers(
  'rights at a real Swift',
  'LONGSHORE_SWIFT_STRANGER_KEY',
  strangersOfSwift(),
  ({ owner, stranger }) => {
    test(`${owner.title}: a wrong secret, a closed container and a read-only object give different errors`, async () => {
      const container = uniqueContainerName();
      const right = openSwift(owner.settings);
      await right.createContainer(container, call);
      await put(right, { container, key: 'a' }, 'x');
      const wrong = openSwift({ ...owner.settings, secret: 'wrong' });
      expect(await rejection(wrong.headContainer(container, call))).toBeInstanceOf(
        InvalidCredentialsError,
      );
      const other = openSwift(stranger);
      expect(await rejection(other.headContainer(container, call))).toBeInstanceOf(
        ContainerAccessDeniedError,
      );
      expect(await rejection(listKeys(other, container))).toBeInstanceOf(
        ContainerAccessDeniedError,
      );
      expect(await rejection(put(other, { container, key: 'b' }, 'x'))).toBeInstanceOf(
        ObjectAccessDeniedError,
      );
      await removeContainer(right, container);
      for (const backend of [right, wrong, other]) await backend.close();
    });
  },
);
