import { afterAll, beforeAll, describe } from 'vitest';
import { openFake as openS3Fake } from '../drivers/s3/open.js';
import { openFake as openSwiftFake } from '../drivers/swift/open.js';
import { ACCOUNT, type FakeS3, startFakeS3 } from '../fakes/s3/server.js';
import { SECRET, USER } from '../fakes/swift/identity.js';
import { type FakeSwift, startFakeSwift } from '../fakes/swift/server.js';
import { mirrorHeaders } from './mirror-headers.js';

describe('over S3', () => {
  let fake: FakeS3;
  beforeAll(async () => {
    fake = await startFakeS3();
  });
  afterAll(() => fake.close());
  const settings = {
    driver: 's3',
    profile: 'aws',
    region: 'us-east-1',
    secure: false,
    key: ACCOUNT.accessKey,
    secret: ACCOUNT.secret,
  };
  mirrorHeaders(
    () => ({ ...settings, host: fake.host, port: fake.port }),
    () => openS3Fake(fake),
  );
});

describe('over Swift', () => {
  let fake: FakeSwift;
  beforeAll(async () => {
    fake = await startFakeSwift();
  });
  afterAll(() => fake.close());
  mirrorHeaders(
    () => ({
      driver: 'swift',
      key: USER,
      secret: SECRET,
      segment_size: '1MiB',
      auth_url: `${fake.origin}/auth/v1.0`,
    }),
    () => openSwiftFake(fake),
  );
});
