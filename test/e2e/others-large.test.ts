import { afterAll, beforeAll, describe } from 'vitest';
import { openFake } from '../drivers/swift/open.js';
import { SECRET, USER } from '../fakes/swift/identity.js';
import { type FakeSwift, startFakeSwift } from '../fakes/swift/server.js';
import { othersLargeObjects } from './others-large.js';

describe('Swift', () => {
  let fake: FakeSwift;
  beforeAll(async () => {
    fake = await startFakeSwift();
  });
  afterAll(() => fake.close());

  othersLargeObjects({
    title: 'reconcile',
    target: () => ({
      driver: 'swift',
      auth_url: `${fake.origin}/auth/v1.0`,
      key: USER,
      secret: SECRET,
    }),
    open: () => openFake(fake),
    showsManifests: true,
    gets: (container, key) =>
      fake.log.filter(
        (each) =>
          each.operation === 'GetObject' && each.container === container && each.key === key,
      ).length,
  });
});
