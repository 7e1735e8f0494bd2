import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { ObjectHashMismatchError } from '../../src/drivers/errors.js';
import {
  call,
  contentOf,
  plain,
  put,
  randomContent,
  readAll,
  rejection,
  removeContainer,
  streamedBody,
  uniqueContainerName,
} from '../drivers/conformance/fixture.js';
import { openS3 } from '../drivers/s3/open.js';
import { openSwift } from '../drivers/swift/open.js';
import { s3Dialect, swiftDialect } from '../faults/dialect.js';
import { type FaultProxy, startFaultProxy } from '../faults/fault-proxy.js';
import { type Server, s3Servers, swiftServers, withServers } from './environment.js';

const content = randomContent(3_000_000);

const servers = [...s3Servers(), ...swiftServers()];

function openDirectly({ driver, settings }: Server): Backend {
  return driver === 's3' ? openS3(settings) : openSwift(settings);
}

function openThrough({ driver, settings, origin }: Server, { host, port }: FaultProxy): Backend {
  if (driver === 's3') return openS3({ ...settings, host, port, secure: false });
  return openSwift({
    ...settings,
    auth_url: String(settings['auth_url']).replace(origin, `http://${host}:${port}`),
  });
}

withServers('streams that change on their way', 'LONGSHORE_S3_ENDPOINT', servers, (server) => {
  describe(server.title, () => {
    let proxy: FaultProxy;
    let direct: Backend;
    let backend: Backend;
    let container: string;

    beforeEach(async () => {
      proxy = await startFaultProxy(
        server.origin,
        server.driver === 's3' ? s3Dialect : swiftDialect,
      );
      direct = openDirectly(server);
      backend = openThrough(server, proxy);
      container = uniqueContainerName();
      await direct.createContainer(container, call);
    });
    afterEach(async () => {
      await removeContainer(direct, container);
      await Promise.all([direct.close(), backend.close()]);
      await proxy.close();
      proxy.assertUsedUp();
    });

    test.each([
      ['at their beginning', 1000],
      ['at their end', 2_990_000],
    ])('%s: the store refuses the body and keeps the object that it had', async (_, at) => {
      const ref = { container, key: 'large' };
      await backend.putObject({ container, key: 'before' }, streamedBody(content), plain, call);
      await put(direct, ref, 'as before');
      proxy.next(['put', ref.key], { kind: 'flip', at });
      const failure = await rejection(backend.putObject(ref, streamedBody(content), plain, call));
      expect(failure).toBeInstanceOf(ObjectHashMismatchError);
      expect(failure).toMatchObject({ retry: 'backoff' });
      expect(await contentOf(direct, ref)).toBe('as before');
      await backend.putObject(ref, streamedBody(content), plain, call);
      expect((await readAll(await direct.readObject(ref, undefined, call))).equals(content)).toBe(
        true,
      );
      expect((await direct.headObject(ref, call)).extra['contentEncoding']).toBeUndefined();
    });
  });
});
