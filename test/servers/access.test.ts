import { expect, test } from 'vitest';
import { ContainerAccessDeniedError, InvalidCredentialsError, ObjectAccessDeniedError } from '../../src/drivers/errors.js';
import { call, listKeys, put, rejection, removeContainer, uniqueContainerName } from '../drivers/conformance/fixture.js';
import { openS3 } from '../drivers/s3/open.js';
import { openSwift } from '../drivers/swift/open.js';
import { s3Server, strangerOfSwift, swiftServer, withServer } from './environment.js';

withServer('rights at a real S3', 'LONGSHORE_S3_ENDPOINT', s3Server(), ({ settings }) => {
  test('a wrong secret, or an unknown key, is a matter of credentials, with or without a body to say it in', async () => {
    const container = uniqueContainerName();
    const right = openS3(settings);
    await right.createContainer(container, call);
    const wrong = [openS3({ ...settings, secret: 'wrong' }), openS3({ ...settings, key: 'nobody' })];
    for (const backend of wrong) {
      expect(await rejection(listKeys(backend, container))).toBeInstanceOf(InvalidCredentialsError);
      expect(await rejection(backend.headContainer(container, call))).toBeInstanceOf(InvalidCredentialsError);
      expect(await rejection(put(backend, { container, key: 'a' }, 'x'))).toBeInstanceOf(InvalidCredentialsError);
      await backend.close();
    }
    await removeContainer(right, container);
    await right.close();
  });
});

withServer('rights at a real Swift', 'LONGSHORE_SWIFT_STRANGER_KEY', strangerOfSwift(), (stranger) => {
  test('a wrong secret, a closed container and an object that may only be read are told apart', async () => {
    const owner = swiftServer();
    if (owner === undefined) throw new Error('LONGSHORE_SWIFT_AUTH_URL is not set');
    const container = uniqueContainerName();
    const right = openSwift(owner.settings);
    await right.createContainer(container, call);
    await put(right, { container, key: 'a' }, 'x');
    const wrong = openSwift({ ...owner.settings, secret: 'wrong' });
    expect(await rejection(wrong.headContainer(container, call))).toBeInstanceOf(InvalidCredentialsError);
    const other = openSwift(stranger.settings);
    expect(await rejection(other.headContainer(container, call))).toBeInstanceOf(ContainerAccessDeniedError);
    expect(await rejection(listKeys(other, container))).toBeInstanceOf(ContainerAccessDeniedError);
    expect(await rejection(put(other, { container, key: 'b' }, 'x'))).toBeInstanceOf(ObjectAccessDeniedError);
    await removeContainer(right, container);
    for (const backend of [right, wrong, other]) await backend.close();
  });
});
