import { beforeEach, describe, expect, test } from 'vitest';
import { isArchiveClass } from '../../../src/drivers/archive-classes.js';
import { addressOf } from '../../../src/drivers/azure/address.js';
import { readBlockId } from '../../../src/drivers/azure/block-id.js';
import { createAzureClient } from '../../../src/drivers/azure/client.js';
import type { AzureContext } from '../../../src/drivers/azure/context.js';
import { copyByBlocks } from '../../../src/drivers/azure/copy-blocks.js';
import { fixedAccess } from '../../../src/drivers/azure/credentials/access.js';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import type { ObjectVersion } from '../../../src/drivers/capabilities.js';
import {
  ObjectAccessDeniedError,
  ObjectDoesNotExistError,
  ObjectError,
  PreconditionFailedError,
  UnsupportedOperationError,
} from '../../../src/drivers/errors.js';
import { createHttpClient } from '../../../src/drivers/http/http-client.js';
import { KEY } from '../../fakes/azure/identity.js';
import { ACCOUNT } from '../../fakes/azure/request.js';
import { type FakeAzure, startFakeAzure } from '../../fakes/azure/server.js';
import type { StoredBlob } from '../../fakes/azure/store.js';
import { fakeClock } from '../../fakes/clock.js';
import {
  call,
  contentOf,
  listAll,
  plain,
  put,
  randomContent,
  readAll,
  rejection,
} from '../conformance/fixture.js';
import { openFake, placeOf, settingsOf } from './open.js';

const container = 'blobs';
const ref = { container, key: 'folder/object' };

let fake: FakeAzure;
let backend: Backend;

beforeEach(async () => {
  fake = await startFakeAzure();
  backend = openFake(fake);
  await backend.createContainer(container, call);
  return async () => {
    await backend.close();
    await fake.close();
    fake.faults.assertUsedUp();
  };
});

const stored = (key = ref.key): StoredBlob => fake.rules.store.blob(container, key);
const blocksOf = (key = ref.key) =>
  fake.rules.store.container(container).uncommitted.get(key) ?? [];
const multipart = () => backend.capabilities.multipart!;
const sendPart = async (content: Buffer) => {
  const token = await multipart().begin(ref, plain, call);
  return { token, part: await multipart().uploadPart(token, 1, bytesBody(content), call) };
};

/** Blocks of a tool whose ids have eight bytes. */
const leaveOthersBlocks = (): void =>
  void fake.rules.store
    .container(container)
    .uncommitted.set(ref.key, [
      { id: Buffer.from('00000001').toString('base64'), bytes: Buffer.from('of another tool') },
    ]);

describe('uncommitted blocks, which all writers of a name share', () => {
  test('say the upload, the part and its MD5 by their ids', async () => {
    const { part } = await sendPart(Buffer.from('content'));
    const [mark, block] = blocksOf().map(({ id }) => readBlockId(id)!);
    expect(mark).toMatchObject({ number: 0, nonce: block!.nonce });
    expect(block).toMatchObject({ number: 1, md5: part.md5 });
    expect(part.md5).toBe('9a0364b9e99bb480dd25e1f0284c8555'); // printf content | md5sum
  });

  test('of another tool are removed where no blob is there, and the upload begins', async () => {
    leaveOthersBlocks();
    const { token, part } = await sendPart(Buffer.from('content'));
    await multipart().complete(token, [part], call);
    expect(await contentOf(backend, ref)).toBe('content');
  });

  test('P4: of another tool are left where a blob is there, and the error says what helps', async () => {
    await put(backend, ref, 'as before');
    leaveOthersBlocks();
    const error = await rejection(multipart().begin(ref, plain, call));
    expect(error).toBeInstanceOf(ObjectError);
    expect(error).toMatchObject({ retry: 'backoff' });
    expect(error.message).toContain('after a week');
    expect(await contentOf(backend, ref)).toBe('as before');
    await put(backend, ref, 'whole');
    await sendPart(Buffer.from('content'));
  });

  test('P4: of another tool that commits them meanwhile are not deleted', async () => {
    leaveOthersBlocks();
    fake.doors.close('DeleteBlob');
    const beginning = multipart().begin(ref, plain, call);
    await expect.poll(() => fake.doors.arrived('DeleteBlob')).toBe(1);
    await put(openFake(fake), ref, 'committed meanwhile');
    fake.doors.open('DeleteBlob');
    expect((await beginning).key).toBe(ref.key); // the put discarded the blocks, too
    expect(await contentOf(backend, ref)).toBe('committed meanwhile');
  });

  test('are discarded by a put of the name, and the upload is gone', async () => {
    const { token, part } = await sendPart(Buffer.from('content'));
    await put(backend, ref, 'of another writer');
    expect(await rejection(multipart().uploadedParts(token, call))).toBeInstanceOf(
      ObjectDoesNotExistError,
    );
    expect(await rejection(multipart().complete(token, [part], call))).toBeInstanceOf(
      ObjectDoesNotExistError,
    );
    expect(await contentOf(backend, ref)).toBe('of another writer');
  });

  test('of an aborted upload stay, and count for no client any more', async () => {
    const { token } = await sendPart(Buffer.from('content'));
    await multipart().abort(token, call);
    const other = openFake(fake).capabilities.multipart!;
    expect(await rejection(other.uploadedParts(token, call))).toBeInstanceOf(
      ObjectDoesNotExistError,
    );
    expect(await other.unfinished(container, '', call)).toEqual([]);
    expect(blocksOf()).toHaveLength(3);
  });

  test('of one part that was sent twice: the later one is the part', async () => {
    const { token } = await sendPart(randomContent(10));
    const again = await multipart().uploadPart(token, 1, bytesBody(Buffer.from('later')), call);
    expect(await multipart().uploadedParts(token, call)).toEqual([again]);
  });

  test('P2: a block that changed on its way is refused by the service', async () => {
    const token = await multipart().begin(ref, plain, call);
    fake.faults.next('PutBlock', { kind: 'flip', at: 2 });
    const error = await rejection(
      multipart().uploadPart(token, 1, bytesBody(randomContent(9)), call),
    );
    expect(error).toMatchObject({ name: 'ObjectHashMismatchError', retry: 'backoff' });
    expect(await multipart().uploadedParts(token, call)).toEqual([]);
  });

  test('become a blob with the MD5 that was announced, the tier and the condition of the upload', async () => {
    const content = Buffer.from('content');
    const checksums = [{ algorithm: 'md5', hex: '9a0364b9e99bb480dd25e1f0284c8555' }] as const;
    const options = {
      ...plain,
      checksums,
      storageClass: 'COLD',
      precondition: { ifAbsent: true },
    } as const;
    const token = await multipart().begin(ref, options, call);
    const part = await multipart().uploadPart(token, 1, bytesBody(content), call);
    const info = await multipart().complete(token, [part], call);
    expect(info).toMatchObject({ checksums, extra: { storageClass: 'Cold' } });
    const second = await multipart().begin(ref, options, call);
    const other = await multipart().uploadPart(second, 1, bytesBody(content), call);
    expect(await rejection(multipart().complete(second, [other], call))).toBeInstanceOf(
      PreconditionFailedError,
    );
    expect(await multipart().cutsOf(info, call)).toEqual([7]);
  });
});

describe('tiers', () => {
  test('are set by the settings, by pattern and by the call, in any case; another one is refused before a request', async () => {
    const tiered = openFake(fake, {
      storage_class: 'COOL',
      headers: [{ match: 'old/**', storage_class: 'COLD' }],
    });
    for (const key of ['new', 'old/x', 'called']) {
      const options = key === 'called' ? { storageClass: 'hot' } : {};
      await put(tiered, { container, key }, key, options);
    }
    await put(tiered, { container, key: 'ours' }, 'x', { bookkeeping: true });
    const tiers = ['new', 'old/x', 'called', 'ours'].map((key) => stored(key).tier);
    expect(tiers).toEqual(['Cool', 'Cold', 'Hot', 'Hot']);
    const before = fake.count('PutBlob');
    const refused = put(backend, ref, 'x', { storageClass: 'GLACIER' });
    expect(await rejection(refused)).toBeInstanceOf(UnsupportedOperationError);
    expect(fake.count('PutBlob')).toBe(before);
    await tiered.close();
  });

  test('an archived object is listed as such, and is neither read nor replaced', async () => {
    await put(backend, ref, 'x', { storageClass: 'ARCHIVE' });
    const [listed] = await listAll(backend, container);
    expect(isArchiveClass(listed!.extra['storageClass'])).toBe(true);
    const reading = backend.readObject(ref, undefined, call);
    const errors = [await rejection(reading), await rejection(put(backend, ref, 'y'))];
    for (const error of errors) {
      expect(error).toBeInstanceOf(ObjectAccessDeniedError);
      expect(error.message).toContain('rehydrate');
    }
  });
});

describe('copies', () => {
  const from = { container, key: 'from' };

  test('keep the tier of their source, and get the one of a replacement', async () => {
    await put(backend, from, 'x', { storageClass: 'COOL', metaData: { a: '1' } });
    const { copy } = backend.capabilities;
    await copy!.copyObject(from, ref, undefined, call);
    expect(stored()).toMatchObject({ tier: 'Cool', metadata: { a: '1' } });
    const replace = { contentType: 'text/css', metaData: {}, storageClass: 'HOT' };
    await copy!.copyObject(from, ref, replace, call);
    expect(stored()).toMatchObject({
      tier: 'Hot',
      metadata: {},
      headers: { 'content-type': 'text/css' },
    });
    expect(await contentOf(backend, ref)).toBe('x');
  });

  test('G2: a source that is replaced between look and copy is not copied', async () => {
    await put(backend, from, 'the one');
    fake.doors.close('CopyBlob');
    const copying = backend.capabilities.copy!.copyObject(from, ref, undefined, call);
    await expect.poll(() => fake.doors.arrived('CopyBlob')).toBe(1);
    await put(backend, from, 'another one');
    fake.doors.open('CopyBlob');
    const error = await rejection(copying);
    expect(error).toBeInstanceOf(PreconditionFailedError);
    expect(error).toMatchObject({ objectName: 'from' });
    expect(await rejection(backend.headObject(ref, call))).toBeInstanceOf(ObjectDoesNotExistError);
  });

  test('in the background are waited for, and a failed one is an error', async () => {
    fake.rules.hasCopyByUrl = false;
    const clock = fakeClock();
    const slow = openFake(fake, {}, { clock });
    fake.rules.nowMs = clock.now;
    await put(slow, from, 'x');
    for (const [fails, key] of [
      [false, 'done'],
      [true, 'failed'],
    ] as const) {
      Object.assign(fake.rules, { pendingLooks: 2, copiesFail: fails });
      let ended = false;
      const copying = slow.capabilities.copy!.copyObject(from, { container, key }, undefined, call);
      const outcome = copying
        .then(
          () => 'copied',
          (error: unknown) => error,
        )
        .finally(() => {
          ended = true;
        });
      await expect
        .poll(async () => {
          await clock.advance(1_000);
          return ended;
        })
        .toBe(true);
      if (fails) expect(await outcome).toMatchObject({ name: 'ObjectError', retry: 'backoff' });
      else expect(await outcome).toBe('copied');
    }
    expect(await contentOf(slow, { container, key: 'done' })).toBe('x');
    await slow.close();
  });

  test('of large objects are made block by block, each bound to the source', async () => {
    const content = randomContent(2_500);
    await put(backend, from, content, { metaData: { mtime: '17.5' } });
    const settings = settingsOf({ ...placeOf(fake), secret: KEY });
    const http = createHttpClient();
    const clock = fakeClock();
    clock.now = () => Date.now();
    const account = { account: ACCOUNT, key: Buffer.from(KEY, 'base64') };
    const access = fixedAccess('key', () => ({ kind: 'key', account }));
    const address = addressOf(ACCOUNT, settings);
    const client = createAzureClient({ http, clock, access, address, settings, notice: () => {} });
    const context: AzureContext = { client, settings, clock, notice: () => {} };
    const source = await backend.headObject(from, call);
    const described = { contentType: 'text/plain', metaData: source.metaData };
    const copy = () =>
      copyByBlocks(context, multipart(), { source, to: ref, described }, call, 1_000);
    const info = await copy();
    expect(info).toMatchObject({
      size: 2_500,
      checksums: source.checksums,
      metaData: { mtime: '17.5' },
    });
    expect((await readAll(await backend.readObject(ref, undefined, call))).equals(content)).toBe(
      true,
    );
    expect(fake.count('PutBlockFromUrl')).toBe(3);
    await put(backend, from, 'another one');
    expect(await rejection(copy())).toMatchObject({ objectName: 'from' });
    await http.close();
  });
});

describe('versions', () => {
  test('of an account that keeps none: each blob is its only one, which is read and looked at', async () => {
    const { versions } = backend.capabilities;
    await put(backend, ref, 'x');
    const { items } = await versions!.listVersions(container, '', {}, call);
    expect(items).toMatchObject([{ key: ref.key, versionId: 'null', isLatest: true, size: 1 }]);
    expect(await versions!.headVersion(ref, 'null', call)).toMatchObject({ size: 1 });
    const content = await versions!.readVersion(ref, 'null', undefined, call);
    expect((await readAll(content)).toString()).toBe('x');
  });

  test('are kept where the account keeps them, are listed from the newest on, read and deleted', async () => {
    const { versions } = backend.capabilities;
    await put(backend, ref, 'x');
    expect(await versions!.keepsVersions(container, call)).toBe(false);
    fake.rules.versioning = true;
    fake.rules.pageLimit = 2;
    const keys = ['a', 'b', ref.key];
    for (const key of keys)
      for (const content of ['one', 'two', 'three'])
        await put(backend, { container, key }, content);
    await backend.deleteObject({ container, key: 'b' }, call);
    expect(await versions!.keepsVersions(container, call)).toBe(true);
    const listed: ObjectVersion[] = [];
    for (let after: string | undefined; ; ) {
      const page = await versions!.listVersions(
        container,
        '',
        after === undefined ? {} : { after },
        call,
      );
      listed.push(...page.items);
      after = page.next;
      if (after === undefined) break;
    }
    expect(new Set(listed.map(({ key }) => key))).toEqual(new Set(keys));
    const contents = async (key: string) => {
      const of = listed.filter((version) => version.key === key);
      const read = of.map(async ({ versionId, isLatest }) => [
        (
          await readAll(await versions!.readVersion({ container, key }, versionId, undefined, call))
        ).toString(),
        isLatest,
      ]);
      return Promise.all(read);
    };
    expect(await contents('a')).toEqual([
      ['three', true],
      ['two', false],
      ['one', false],
    ]);
    expect(await contents('b')).toEqual([
      ['three', false],
      ['two', false],
      ['one', false],
    ]);
    const [, second] = listed.filter(({ key }) => key === 'a');
    const at = { container, key: 'a' };
    expect(await versions!.headVersion(at, second!.versionId, call)).toMatchObject({ size: 3 });
    await versions!.deleteVersion(at, second!.versionId, call);
    await versions!.deleteVersion(at, second!.versionId, call);
    expect(await rejection(versions!.headVersion(at, second!.versionId, call))).toBeInstanceOf(
      ObjectDoesNotExistError,
    );
    expect(await contentOf(backend, at)).toBe('three');
  });
});

describe('what only Azure does', () => {
  test('a page blob of another program is not overwritten, and snapshots keep a blob', async () => {
    await put(backend, ref, 'x');
    const { blobs } = fake.rules.store.container(container);
    blobs.set('disk.vhd', { ...stored(), type: 'PageBlob' });
    blobs.set('kept', { ...stored(), hasSnapshots: true });
    const overwritten = await rejection(put(backend, { container, key: 'disk.vhd' }, 'y'));
    const deleted = await rejection(backend.deleteObject({ container, key: 'kept' }, call));
    for (const error of [overwritten, deleted])
      expect(error).toBeInstanceOf(ObjectAccessDeniedError);
    const failures = await backend.capabilities.batchDelete!.deleteObjects(
      container,
      ['kept', ref.key],
      call,
    );
    expect([...failures.keys()]).toEqual(['kept']);
  });

  test('a folder of an account with a hierarchical namespace is no object', async () => {
    await put(backend, ref, 'x');
    const { blobs } = fake.rules.store.container(container);
    blobs.set('folder', {
      ...stored(),
      bytes: Buffer.alloc(0),
      metadata: { Hdi_isfolder: 'true' },
    });
    expect((await listAll(backend, container)).map(({ key }) => key)).toEqual(
      ['folder', ref.key].slice(1),
    );
  });

  test('a container that is being deleted is waited for', async () => {
    fake.rules.beingDeleted.add('just-deleted');
    const error = await rejection(backend.createContainer('just-deleted', call));
    expect(error).toMatchObject({ name: 'ContainerError', retry: { afterMs: 10_000 } });
  });

  test('headers that Azure keeps are returned, and others are refused before a request', async () => {
    const headers = { 'cache-control': 'no-cache', 'content-language': 'en' };
    await put(backend, ref, 'x', { headers });
    const { extra } = await backend.headObject(ref, call);
    expect(extra).toMatchObject({
      cacheControl: 'no-cache',
      contentLanguage: 'en',
      blobType: 'BlockBlob',
    });
    const before = fake.log.length;
    for (const name of ['expires', 'x-ms-date', 'authorization'])
      expect(
        (await rejection(put(backend, ref, 'x', { headers: { [name]: 'x' } }))).message,
      ).toContain(name);
    expect(fake.log.length).toBe(before);
    expect(() => openFake(fake, { headers: [{ match: '*', expires: 'soon' }] })).toThrow('Expires');
  });

  test('an older store names the version that it does not know, and the error the setting', async () => {
    fake.faults.next('HeadContainer', { kind: 'refuse', status: 400, code: 'InvalidHeaderValue' });
    expect((await rejection(backend.headContainer(container, call))).message).toContain(
      'InvalidHeaderValue',
    );
  });
});
