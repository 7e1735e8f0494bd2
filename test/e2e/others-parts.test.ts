import { afterAll, beforeAll, describe } from 'vitest';
import { openFake } from '../drivers/s3/open.js';
import { ACCOUNT, type FakeS3, startFakeS3 } from '../fakes/s3/server.js';
import { othersParts } from './others-parts.js';

describe('S3', () => {
  let fake: FakeS3;
  beforeAll(async () => {
    fake = await startFakeS3();
  });
  afterAll(() => fake.close());

  const settings = {
    driver: 's3',
    profile: 'aws',
    region: 'us-east-1',
    addressing: 'path',
    secure: false,
  };
  othersParts({
    title: 'reconcile',
    target: () => ({
      ...settings,
      host: fake.host,
      port: fake.port,
      key: ACCOUNT.accessKey,
      secret: ACCOUNT.secret,
    }),
    open: () => openFake(fake),
    gets: (_, key) =>
      fake.log.filter((each) => each.operation === 'GetObject' && each.key === key).length,
  });
});
