import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { startFakeS3 } from '../fakes/s3/server.js';
import { startFakeSwift } from '../fakes/swift/server.js';
import { call, contentOf, put, rejection } from './conformance/fixture.js';
import { openFailingFake } from './failing-fake.js';
import { CONTAINER } from './faults/steps.js';
import { openFake as openS3 } from './s3/open.js';
import { openFake as openSwift } from './swift/open.js';

const ref = { container: CONTAINER, key: 'folder/object' };

interface Service {
  readonly faults: {
    always(operation: 'HeadObject' | 'GetObject' | 'ListObjects', fault: object | undefined): void;
  };
}

const DRIVERS: readonly (readonly [
  string,
  () => Promise<{ fake: Service; backend: Backend; close(): Promise<void> }>,
])[] = [
  ['s3', () => openFailingFake(startFakeS3, openS3)],
  ['swift', () => openFailingFake(startFakeSwift, openSwift)],
];

describe.each(DRIVERS)('%s client: a HEAD without Content-Length', (_, open) => {
  test.each(['', 'x', 'some content'])(
    'takes the size from a GET of the first byte: of %j',
    async (content) => {
      const { fake, backend, close } = await open();
      await put(backend, ref, content);
      fake.faults.always('HeadObject', { kind: 'no-length' });
      expect((await backend.headObject(ref, call)).size).toBe(content.length);
      expect(await contentOf(backend, ref)).toBe(content);
      await close();
    },
  );

  test('takes the size from a listing where a GET has none either, and has none where no answer does', async () => {
    const { fake, backend, close } = await open();
    await put(backend, ref, 'content');
    await put(backend, { ...ref, key: `${ref.key}-2` }, 'another');
    fake.faults.always('HeadObject', { kind: 'no-length' });
    const headers = {
      etag: '"9a0364b9e99bb480dd25e1f0284c8555"',
      'x-amz-request-id': 'x',
      'x-trans-id': 'x',
    };
    fake.faults.always('GetObject', { kind: 'foreign', status: 206, headers, body: 'c' });
    expect((await backend.headObject(ref, call)).size).toBe(7);
    await backend.deleteObject(ref, call);
    fake.faults.always('HeadObject', {
      kind: 'foreign',
      status: 200,
      headers,
      body: '',
      withoutLength: true,
    });
    const error = await rejection(backend.headObject(ref, call));
    expect(error.message).toContain('has no size');
    await close();
  });
});
