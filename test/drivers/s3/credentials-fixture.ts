import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { type FakeS3, startFakeS3 } from '../../fakes/s3/server.js';
import { createFolder, removeFolder } from '../../world/folder.js';
import { call } from '../conformance/fixture.js';
import { openFake } from './open.js';

export const ref = { container: 'credentials', key: 'x' };
export const NOWHERE = { AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nowhere' };

/** A fake and a folder of their own for each test of the file. */
export const at = {} as { fake: FakeS3; folder: string };
/** Called after the test. */
export const cleanups: (() => unknown)[] = [];

export function withCredentials(): void {
  beforeEach(async () => {
    at.folder = createFolder();
    at.fake = await startFakeS3();
    const owner = openFake(at.fake);
    await owner.createContainer(ref.container, call);
    await owner.close();
  });

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
    await at.fake.close();
    removeFolder(at.folder);
  });
}

export function open(
  env: Readonly<Record<string, string>>,
  settings: Readonly<Record<string, unknown>> = {},
): Backend {
  const backend = openFake(at.fake, settings, { env: { ...NOWHERE, ...env } });
  cleanups.push(() => backend.close());
  return backend;
}

/** Answers each path with its present answer; records the request headers. */
export async function metadataServer(
  answers: Record<string, () => unknown>,
): Promise<{ readonly url: string; readonly asked: { path: string; token: unknown }[] }> {
  const asked: { path: string; token: unknown }[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push({
      path,
      token: request.headers['authorization'] ?? request.headers['x-aws-ec2-metadata-token'],
    });
    const answer = answers[path]?.();
    if (answer === undefined) response.writeHead(404).end();
    else response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

export function temporary(accessKey: string, expiresInMs: number) {
  at.fake.rules.accounts.push({
    accessKey,
    secret: `secret of ${accessKey}`,
    sessionToken: `token of ${accessKey}`,
  });
  return {
    AccessKeyId: accessKey,
    SecretAccessKey: `secret of ${accessKey}`,
    Token: `token of ${accessKey}`,
    Expiration: new Date(Date.now() + expiresInMs).toISOString(),
  };
}
