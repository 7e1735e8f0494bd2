import { afterEach, beforeEach } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import type { ObjectRef, PutOptions } from '../../../src/drivers/call.js';
import { type FakeSwift, startFakeSwift } from '../../fakes/swift/server.js';
import { call, plain } from '../conformance/fixture.js';
import { openFake } from './open.js';

export const MIB = 2 ** 20;
export const container = 'large';
export const segments = `${container}_segments`;
export const ref = { container, key: 'folder/film é' };

/** A fake of its own for each test of the file, with a client that sends more than 2 MiB in segments. */
export const large = {} as { fake: FakeSwift; swift: Backend };

export function withLargeObjects(): void {
  beforeEach(async () => {
    large.fake = await startFakeSwift();
    large.swift = openFake(large.fake, { max_put_size: '2MiB' });
    await large.swift.createContainer(container, call);
  });

  afterEach(async () => {
    await large.swift.close();
    await large.fake.close();
    large.fake.faults.assertUsedUp();
  });
}

/** Stores an object in segments of a MiB. Resolves with the name of the upload. */
export async function putLarge(
  to: ObjectRef,
  content: Buffer,
  options: PutOptions = plain,
): Promise<string> {
  const multipart = large.swift.capabilities.multipart!;
  const token = await multipart.begin(to, options, call);
  const parts = [];
  for (let at = 0; at < content.length; at += MIB) {
    parts.push(
      await multipart.uploadPart(
        token,
        at / MIB + 1,
        bytesBody(content.subarray(at, at + MIB)),
        call,
      ),
    );
  }
  await multipart.complete(token, parts, call);
  return token.opaque;
}

export const inSegments = () => [
  ...(large.fake.rules.store.containers.get(segments)?.objects.keys() ?? []),
];
