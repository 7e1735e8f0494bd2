import { expect, test } from 'vitest';
import { startFakeS3 } from '../../fakes/s3/server.js';
import { call, put } from '../conformance/fixture.js';
import { openFake } from './open.js';

test.each(['GLACIER_IR', 'STANDARD'])(
  'S3 client: a copy that replaces nothing keeps the class %s of its source, whatever the target names',
  async (storageClass) => {
    const fake = await startFakeS3();
    const backend = openFake(fake, { storage_class: 'STANDARD_IA' });
    const container = 'classes';
    await backend.createContainer(container, call);
    await put(backend, { container, key: 'from' }, 'x', { storageClass });
    await backend.capabilities.copy?.copyObject(
      { container, key: 'from' },
      { container, key: 'to' },
      undefined,
      call,
    );
    expect((await backend.headObject({ container, key: 'to' }, call)).extra['storageClass']).toBe(
      storageClass,
    );
    await backend.close();
    await fake.close();
  },
);
