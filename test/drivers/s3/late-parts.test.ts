import { expect, test } from 'vitest';
import { profiles } from '../../../src/drivers/s3/profiles.js';
import { openFake } from './open.js';

const NOWHERE = { host: '127.0.0.1', port: 1 };

test('S3: several processes send parts of one upload only where a late part is known to be refused', async () => {
  const shared: string[] = [];
  for (const { name: profile } of profiles) {
    const backend = openFake(NOWHERE, { profile });
    if (backend.capabilities.multipart?.severalSenders) shared.push(profile);
    await backend.close?.();
  }
  expect(shared).toEqual(['aws', 'minio', 'ceph']);
});
