import { beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { streamBody } from '../../../src/drivers/body.js';
import {
  ObjectAccessDeniedError,
  ObjectChangedError,
  ObjectDoesNotExistError,
  ObjectError,
  ObjectHashMismatchError,
  ThrottledError,
  UnsupportedOperationError,
} from '../../../src/drivers/errors.js';
import { type FakeGoogle, startFakeGoogle } from '../../fakes/google/server.js';
import {
  call,
  contentOf,
  plain,
  put,
  randomContent,
  readAll,
  rejection,
  streamedBody,
} from '../conformance/fixture.js';
import { keyFile, openFake } from './open.js';

const CONTAINER = 'photos';
const REF = { container: CONTAINER, key: 'folder/object' };

let fake: FakeGoogle;
let backend: Backend;
let nowMs: number;

beforeEach(async () => {
  nowMs = Date.now();
  fake = await startFakeGoogle({ nowMs: () => nowMs });
  fake.rules.store.buckets.set(CONTAINER, { objects: new Map(), fields: {} });
  backend = openFake(fake);
  return async () => {
    await backend.close();
    await fake.close();
    fake.faults.assertUsedUp();
  };
});

const fields = () => fake.rules.store.bucket(CONTAINER).fields;
const described = () => fake.rules.store.object(CONTAINER, REF.key).described;

describe('Google deletes', () => {
  test('P4: name the generation that was seen: what another writer has put meanwhile stays', async () => {
    await put(backend, REF, 'seen');
    fake.doors.close('DeleteObject');
    const deleting = rejection(backend.deleteObject(REF, call));
    await expect.poll(() => fake.doors.arrived('DeleteObject')).toBe(1);
    await put(backend, REF, 'newer');
    fake.doors.open('DeleteObject');
    expect(await deleting).toBeInstanceOf(ObjectChangedError);
    expect(await contentOf(backend, REF)).toBe('newer');
  });

  test('P4: of a batch do so as well, and the others go', async () => {
    const other = { container: CONTAINER, key: 'other' };
    await put(backend, REF, 'seen');
    await put(backend, other, 'seen');
    fake.faults.next('Batch', undefined);
    fake.doors.close('Batch');
    const deleting = backend.capabilities.batchDelete!.deleteObjects(
      CONTAINER,
      [REF.key, 'other'],
      call,
    );
    await expect.poll(() => fake.doors.arrived('Batch')).toBe(1);
    fake.doors.open('Batch');
    await deleting;
    const paths = fake.log.filter(({ operation }) => operation === 'Batch').length;
    expect(paths).toBe(2);
    expect(await rejection(contentOf(backend, other))).toBeInstanceOf(ObjectDoesNotExistError);
  });

  test('go in requests of a hundred', async () => {
    const keys = Array.from({ length: 150 }, (_, at) => `many/${at}`);
    for (const key of keys) await put(backend, { container: CONTAINER, key }, 'x');
    const failures = await backend.capabilities.batchDelete!.deleteObjects(CONTAINER, keys, call);
    expect([...failures]).toEqual([]);
    expect(fake.count('Batch')).toBe(4);
    expect(fake.rules.store.bucket(CONTAINER).objects.size).toBe(0);
  });

  test.each([
    ['a hold', {}, { temporary_hold: true }],
    ['a retention policy', { retentionPolicy: { retentionPeriod: '3600' } }, {}],
  ])('under %s: are the condition of that object', async (_, ofBucket, settings) => {
    const holding = openFake(fake, settings);
    Object.assign(fields(), ofBucket);
    await put(holding, REF, 'locked');
    for (const change of [() => holding.deleteObject(REF, call), () => put(holding, REF, 'x')]) {
      const error = await rejection(change());
      expect(error).toBeInstanceOf(ObjectAccessDeniedError);
      expect(error.message).toContain('the object is locked');
      expect(error).toMatchObject({ retry: 'never' });
    }
    await holding.close();
  });
});

describe('Google writes', () => {
  test('a name that was written a moment ago delays itself; another 429 slows the target', async () => {
    fake.rules.oneWriteASecond = true;
    await put(backend, REF, 'first');
    const error = await rejection(put(backend, REF, 'second'));
    expect(error).toBeInstanceOf(ObjectError);
    expect(error).toMatchObject({ retry: { afterMs: 1000 } });
    const refused = { kind: 'refuse', status: 429, reason: 'rateLimitExceeded' } as const;
    fake.faults.next('PutObject', refused);
    const elsewhere = put(backend, { container: CONTAINER, key: 'other' }, 'x');
    expect(await rejection(elsewhere)).toBeInstanceOf(ThrottledError);
    nowMs += 1000;
    await put(backend, REF, 'second');
  });

  test('have the storage class of the call, of a rule, of the settings, or of the bucket', async () => {
    const classed = openFake(fake, {
      storage_class: 'NEARLINE',
      headers: [{ match: 'old/**', storage_class: 'ARCHIVE' }],
    });
    const classOf = async (key: string, options = {}) =>
      (await put(classed, { container: CONTAINER, key }, 'x', options)).extra['storageClass'];
    expect(await classOf('a')).toBe('NEARLINE');
    expect(await classOf('old/a')).toBe('ARCHIVE');
    expect(await classOf('old/b', { storageClass: 'coldline' })).toBe('COLDLINE');
    expect(await classOf('lease', { bookkeeping: true })).toBe('STANDARD');
    const wrong = put(classed, REF, 'x', { storageClass: 'GLACIER' });
    expect(await rejection(wrong)).toBeInstanceOf(UnsupportedOperationError);
    await classed.close();
  });

  test('keep the time of a file as rclone and as gsutil read it, and take either', async () => {
    await put(backend, REF, 'x', { metaData: { mtime: '1600000000.123456789', mode: '100644' } });
    expect(described()['metadata']).toEqual({
      mtime: '2020-09-13T12:26:40.123456789Z',
      'goog-reserved-file-mtime': '1600000000',
      mode: '100644',
    });
    expect((await backend.headObject(REF, call)).metaData).toEqual({
      mtime: '1600000000.123456789',
      mode: '100644',
    });
    const object = fake.rules.store.object(CONTAINER, REF.key);
    const metadata = { 'goog-reserved-file-mtime': '1500000000', Owner: 'me' };
    fake.rules.store.describe(CONTAINER, object, { metadata });
    expect((await backend.headObject(REF, call)).metaData).toEqual({
      mtime: '1500000000',
      owner: 'me',
    });
  });

  test('send both digests of what is in memory, and the MD5 of a stream where there is no TLS', async () => {
    const changed = { kind: 'flip', at: 400 } as const;
    for (const body of [streamedBody(randomContent(1000)), undefined]) {
      fake.faults.next('PutObject', changed);
      const putting =
        body === undefined
          ? put(backend, REF, randomContent(1000))
          : backend.putObject(REF, body, plain, call);
      const error = await rejection(putting);
      // The bit may be in the description, which then is no JSON.
      expect(error).toBeInstanceOf(Error);
    }
    expect(fake.rules.store.bucket(CONTAINER).objects.size).toBe(0);
  });

  test('of a one-shot stream: are compared with the answer, and a different digest is reported', async () => {
    fake.faults.next('PutObject', { kind: 'wrong-etag' });
    async function* source() {
      yield randomContent(1000);
    }
    const putting = backend.putObject(REF, streamBody(source(), 1000), plain, call);
    expect(await rejection(putting)).toBeInstanceOf(ObjectHashMismatchError);
  });
});

describe('Google reads', () => {
  test('P2: a whole object is compared with its CRC32C', async () => {
    await put(backend, REF, randomContent(1000));
    fake.faults.next('GetObject', { kind: 'wrong-etag' });
    const error = await rejection(
      backend.readObject(REF, undefined, call).then((content) => readAll(content)),
    );
    expect(error).toBeInstanceOf(ObjectHashMismatchError);
  });

  test.each(['return-broken-stream', 'return-broken-stream-final-chunk-after-1024B'])(
    'P2: %s: is an error, and the next read has all of it',
    async (instruction) => {
      const content = randomContent(4096);
      await put(backend, REF, content);
      fake.instruct({ 'storage.objects.get.media': [instruction] });
      const read = async () => readAll(await backend.readObject(REF, undefined, call));
      expect(await rejection(read())).toMatchObject({ retry: 'backoff' });
      expect((await read()).equals(content)).toBe(true);
    },
  );

  test('ask for the stored bytes, so that packed objects come as they are', async () => {
    await put(backend, REF, 'x');
    await contentOf(backend, REF);
    const read = fake.log.find(({ operation }) => operation === 'GetObject');
    expect(read?.headers['accept-encoding']).toBe('gzip');
  });
});

describe('Google copies', () => {
  test('go on with the token until they are done, and bind the generation of the source', async () => {
    fake.rules.rewriteBytes = 1000;
    const from = { container: CONTAINER, key: 'from' };
    const content = randomContent(3500);
    await put(backend, from, content, { metaData: { mtime: '17.5' } });
    await backend.capabilities.copy!.copyObject(from, REF, undefined, call);
    expect(fake.count('RewriteObject')).toBe(4);
    const asked = fake.log.filter(({ operation }) => operation === 'RewriteObject');
    expect(asked.map(({ query }) => query.get('rewriteToken'))).toEqual([
      undefined,
      'rewritten-1000',
      'rewritten-2000',
      'rewritten-3000',
    ]);
    const { generation } = fake.rules.store.object(CONTAINER, 'from');
    for (const { query } of asked) expect(query.get('ifSourceGenerationMatch')).toBe(generation);
    expect((await backend.headObject(REF, call)).metaData).toEqual({ mtime: '17.5' });
  });

  test('onto itself: change the description alone, and the generation stays', async () => {
    const { extra } = await put(backend, REF, 'x', { metaData: { a: '1' } });
    const replace = { contentType: 'text/plain', metaData: { b: '2' } };
    const copied = await backend.capabilities.copy!.copyObject(REF, REF, replace, call);
    expect(copied.extra['etag']).toBe(extra['etag']);
    expect(described()).toMatchObject({ contentType: 'text/plain', metadata: { b: '2' } });
    expect(fake.count('RewriteObject')).toBe(0);
  });
});

describe('Google versions', () => {
  test('list each generation, the newest first, and read and delete one', async () => {
    fields()['versioning'] = { enabled: true };
    const { versions } = backend.capabilities;
    expect(await versions!.keepsVersions(CONTAINER, call)).toBe(true);
    for (const content of ['one', 'two', 'three']) await put(backend, REF, content);
    await put(backend, { container: CONTAINER, key: 'gone' }, 'x');
    await backend.deleteObject({ container: CONTAINER, key: 'gone' }, call);
    const listed = [];
    let after: string | undefined;
    do {
      const page = await versions!.listVersions(
        CONTAINER,
        '',
        { size: 2, ...(after !== undefined && { after }) },
        call,
      );
      listed.push(...page.items);
      after = page.next;
    } while (after !== undefined);
    expect(listed.map(({ key, isLatest, size }) => [key, isLatest, size])).toEqual([
      [REF.key, true, 5],
      [REF.key, false, 3],
      [REF.key, false, 3],
      ['gone', false, 1],
    ]);
    // By this a restore knows that it was deleted.
    expect(listed.map(({ endedAtMs }) => typeof endedAtMs)).toEqual([
      'undefined',
      'number',
      'number',
      'number',
    ]);
    const oldest = listed[2]!.versionId;
    const content = await versions!.readVersion(REF, oldest, undefined, call);
    expect((await readAll(content)).toString()).toBe('one');
    await versions!.deleteVersion(REF, oldest, call);
    await versions!.deleteVersion(REF, oldest, call);
    expect(await rejection(versions!.headVersion(REF, oldest, call))).toBeInstanceOf(
      ObjectDoesNotExistError,
    );
    expect(await contentOf(backend, REF)).toBe('three');
  });
});

describe('Google buckets', () => {
  test('without the right to look at them: are found by a listing', async () => {
    const denied = { kind: 'refuse', status: 403, reason: 'forbidden' } as const;
    fake.faults.next('GetBucket', denied);
    expect(await backend.headContainer(CONTAINER, call)).toEqual({ name: CONTAINER, extra: {} });
    expect(await backend.headContainer(CONTAINER, call)).toEqual({ name: CONTAINER, extra: {} });
    expect(fake.count('GetBucket')).toBe(1);
  });

  test('with soft delete: are reported once', async () => {
    fields()['softDeletePolicy'] = { retentionDurationSeconds: '604800' };
    const notices: unknown[] = [];
    const noticing = openFake(fake, {}, { notice: (event, more) => notices.push([event, more]) });
    for (let round = 0; round < 2; round += 1) await noticing.headContainer(CONTAINER, call);
    expect(notices).toEqual([
      [
        'bucket keeps deleted objects by soft delete',
        expect.objectContaining({ container: CONTAINER, days: 7 }),
      ],
    ]);
    await noticing.close();
  });

  test('that the requester pays: are paid for by the project of the settings, in batches, too', async () => {
    const paying = openFake(fake, { user_project: 'payer' });
    await put(paying, REF, 'x');
    await paying.capabilities.batchDelete!.deleteObjects(CONTAINER, [REF.key], call);
    const asked = fake.log.filter(({ operation }) => operation !== 'Identity');
    for (const { query } of asked) expect(query.get('userProject')).toBe('payer');
    await paying.close();
  });
});

describe('Google signed URLs', () => {
  test.each([
    ['the key of a service account', {}],
    ['IAM, for an account that is impersonated', { impersonated: true }],
  ])(
    'are signed by %s, and end when they should',
    async (_, { impersonated = false }: { impersonated?: boolean }) => {
      const account = 'projects/-/serviceAccounts/mirror@project.iam.gserviceaccount.com';
      const document = {
        type: 'impersonated_service_account',
        service_account_impersonation_url: `${fake.origin}/v1/${account}:generateAccessToken`,
        source_credentials: {
          type: 'authorized_user',
          client_id: 'id',
          client_secret: 'secret',
          refresh_token: 'fake refresh token',
          token_uri: `${fake.origin}/token`,
        },
      };
      const settings = impersonated ? { credentials_file: keyFile(fake, document) } : {};
      const signing = openFake(fake, { ...settings, cdn_expiry: '1h' });
      const ref = { container: CONTAINER, key: 'a folder/é %+?.txt' };
      await put(signing, ref, 'published');
      const url = await signing.capabilities.cdn!.objectUrl(ref, call);
      expect(await (await fetch(url)).text()).toBe('published');
      nowMs += 2 * 3_600_000;
      expect((await fetch(url)).status).toBe(401);
      await signing.close();
    },
  );
});
