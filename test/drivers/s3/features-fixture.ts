import { afterEach, beforeEach } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { type FakeS3, startFakeS3 } from '../../fakes/s3/server.js';
import { call } from '../conformance/fixture.js';
import { openFake } from './open.js';

export const MIB = 2 ** 20;
export const container = 'features';
export const ref = { container, key: 'folder/page.html' };

/** A fake of its own for each test of the file. */
export const at = {} as { fake: FakeS3 };
/** Clients that are closed after the test. */
export const opened: Backend[] = [];

export function withFakeS3(): void {
  beforeEach(async () => {
    at.fake = await startFakeS3();
    await open().createContainer(container, call);
  });

  afterEach(async () => {
    for (const backend of opened.splice(0)) await backend.close();
    await at.fake.close();
    at.fake.faults.assertUsedUp();
  });
}

/** A client of the fake, which is closed after the test. */
export function open(settings: Readonly<Record<string, unknown>> = {}): Backend {
  const backend = openFake(at.fake, settings);
  opened.push(backend);
  return backend;
}

/** The headers of the last such request. */
export function sent(operation = 'PutObject') {
  return at.fake.log.findLast((request) => request.operation === operation)?.headers ?? {};
}
