import { onTestFinished } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { type FakeB2, startFakeB2 } from '../../fakes/b2/server.js';
import { call } from '../conformance/fixture.js';
import { openFake } from './open.js';

export const BUCKET = 'bucket-of-tests';
export const REF = { container: BUCKET, key: 'laptop/file' };

/** A fake with a bucket, for one test. A scripted fault that never happened fails the test. */
export async function withBucket(
  changes: Parameters<typeof startFakeB2>[0] = {},
): Promise<{ readonly fake: FakeB2; open(...rest: OpenRest): Backend }> {
  const fake = await startFakeB2();
  const maker = openFake(fake);
  await maker.createContainer(BUCKET, call);
  await maker.close();
  Object.assign(fake.rules, changes);
  fake.log.length = 0;
  onTestFinished(async () => {
    await fake.close();
    fake.faults.assertUsedUp();
  });
  return {
    fake,
    open(...rest) {
      const backend = openFake(fake, ...rest);
      onTestFinished(() => backend.close());
      return backend;
    },
  };
}

type OpenRest = Parameters<typeof openFake> extends [unknown, ...infer Rest] ? Rest : never;
