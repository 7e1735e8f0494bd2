import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { s3Driver } from '../../../src/drivers/s3/driver-kind.js';
import { fakeClock } from '../../fakes/clock.js';
import { call } from '../conformance/fixture.js';
import { settingsOf } from './open.js';

const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A provider that refuses everybody, in its own way; settings that lead to it, and how often it was asked. */
async function provider(headers: Readonly<Record<string, string>>) {
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.writeHead(403, headers).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const settings = settingsOf({ host: '127.0.0.1', port, secure: false, key: 'a', secret: 'b' });
  return {
    settings,
    asked: () => asked,
    detect: (found?: string) => s3Driver.detect?.(settings, world(found), call),
  };
}

const world = (found?: string) => ({
  clock: fakeClock(),
  ...(found !== undefined && { detected: found }),
});

test.each([
  [{ server: 'MinIO' }, /^minio at/],
  [{ server: 'Ceph Object Gateway (squid)' }, /^ceph at/],
  [{ 'x-amz-request-id': 'tx00000fd2949da3bd00fd3-006b0307a6-1a2b-default' }, /^ceph at/],
  [{ 'x-trans-id': 'txc77654a19d8b48cfb4749-006b0307a6' }, /^swift-s3api at/],
  [{ server: 'nginx' }, /^$/],
])('S3 detection: recognises the provider that answers with %j', async (headers, expected) => {
  const { detect } = await provider(headers);
  expect((await detect()) ?? '').toMatch(expected);
});

test('S3 detection: an earlier result is used without a request, unless the address is another', async () => {
  const minio = await provider({ server: 'MinIO' });
  const found = await minio.detect();
  expect(await minio.detect(found)).toBe(found);
  expect(minio.asked()).toBe(1);
  const opened = await s3Driver.open(minio.settings, world(found));
  expect(opened.capabilities.preconditions).toEqual(['ifAbsent', 'ifMatch']);
  await opened.close();
  const swift = await provider({ 'x-trans-id': 'tx' });
  expect(await swift.detect(found)).toMatch(/^swift-s3api/);
  const elsewhere = await s3Driver.open(swift.settings, world(found));
  expect(elsewhere.capabilities.preconditions).toEqual([]);
  await elsewhere.close();
});

test('S3 detection: sends no request where the settings or the host name the provider', async () => {
  expect(
    await s3Driver.detect?.(settingsOf({ key: 'a', secret: 'b' }), world(), call),
  ).toBeUndefined();
  const named = settingsOf({ profile: 'minio', host: '192.0.2.1', key: 'a', secret: 'b' });
  expect(await s3Driver.detect?.(named, world(), call)).toBeUndefined();
});

test('S3 detection: has no result when the address does not answer', async () => {
  const nowhere = settingsOf({ host: '127.0.0.1', port: 1, secure: false, key: 'a', secret: 'b' });
  expect(await s3Driver.detect?.(nowhere, world(), call)).toBeUndefined();
});
