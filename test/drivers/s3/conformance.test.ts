import { startFakeS3 } from '../../fakes/s3/server.js';
import { conformance } from '../conformance/suite.js';
import { wrapInEveryLayer } from '../layers/every-layer.js';
import { openFake } from './open.js';

const BAD_NAMES = [
  '',
  'with/slash',
  'ab',
  'UPPER',
  'a'.repeat(64),
  'two..dots',
  '192.168.0.1',
  '-dash',
  'ends-',
  'a_b',
];

const fake = await startFakeS3({ pageLimit: 3 });
conformance('s3 over the fake', {
  open: () => openFake(fake),
  again: () => openFake(fake),
  stop: () => fake.close(),
  badContainerNames: BAD_NAMES,
});

const layered = await startFakeS3();
conformance('s3 with signed payloads in every layer, over the fake', {
  open: () => wrapInEveryLayer(openFake(layered, { sign_payload: true })),
  again: () => wrapInEveryLayer(openFake(layered, { sign_payload: true })),
  stop: () => layered.close(),
  badContainerNames: BAD_NAMES,
});

const careful = await startFakeS3({ pageLimit: 2 });
conformance('s3 (profile generic, encrypted with a KMS key, listing V1) over the fake', {
  open: () =>
    openFake(careful, { profile: 'generic', encryption: { type: 'kms' }, listing_version: 'v1' }),
  again: () =>
    openFake(careful, { profile: 'generic', encryption: { type: 'kms' }, listing_version: 'v1' }),
  stop: () => careful.close(),
  badContainerNames: BAD_NAMES,
});
