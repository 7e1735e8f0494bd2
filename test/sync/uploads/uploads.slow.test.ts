import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import type { Multipart } from '../../../src/drivers/capabilities.js';
import {
  InvalidCredentialsError,
  StorageError,
  TargetUnavailableError,
} from '../../../src/drivers/errors.js';
import { plain, randomContent } from '../../drivers/conformance/fixture.js';
import { type MirrorFixture, openMirrorFixture } from '../../world/mirror-in-process.js';

const MIB = 2 ** 20;
const PART = 300_001;
const signal = new AbortController().signal;
const lost = () =>
  new StorageError('the connection was lost', { driver: 'memory', retry: 'backoff' });
const ONCE = { backoff: { firstMs: 1, limitMs: 5 }, attempts: 1, keepsTrying: false };

async function fixture(wrap: (backend: Backend) => Backend = (backend) => backend) {
  const opened = await openMirrorFixture({
    target: { multipartThreshold: MIB, partSize: PART },
    persistence: ONCE,
    wrap,
  });
  const multipart = opened.storage.capabilities.multipart!;
  return {
    ...opened,
    multipart,
    unfinished: () => multipart.unfinished('c', '', { signal }),
    ledger: () => opened.mirror.parts.ledger.read(),
  };
}

const count = ({ faults }: Pick<MirrorFixture, 'faults'>, operation: string) =>
  faults.calls.filter((each) => each === operation).length;

describe('uploads in parts', () => {
  test('P2: the record has the MD5 of the whole, the size of a part, and nothing stays in the ledger', async () => {
    const at = await fixture();
    const content = randomContent(3 * MIB);
    at.write('large', content);
    expect((await at.run('reconcile')).report).toMatchObject({ uploaded: 1, failed: 0 });
    expect(count(at, 'uploadPart')).toBe(Math.ceil(content.byteLength / PART));
    expect(at.mirror.parts.index.get('large')).toMatchObject({
      state: 'confirmed',
      partSize: PART,
      size: content.byteLength,
    });
    expect(at.ledger()).toMatchObject({ unfinishedUploads: {} });
    expect(await at.unfinished()).toEqual([]);
    expect((await at.run('reconcile')).report).toMatchObject({ uploaded: 0 });
  });

  test('P5: an upload that was begun is in the ledger, and the next attempt sends only the missing parts', async () => {
    const at = await fixture();
    const content = randomContent(3 * MIB);
    at.write('large', content);
    for (let i = 0; i < 6; i += 1) at.faults.next('uploadPart', undefined);
    at.faults.next('uploadPart', lost());
    expect((await at.run('scan')).report).toMatchObject({ uploaded: 0, failed: 1 });
    const [upload] = await at.unfinished();
    expect(at.ledger().unfinishedUploads).toMatchObject({
      large: {
        token: { opaque: upload!.opaque, key: 'p/large' },
        partSize: PART,
        source: { size: content.byteLength },
      },
    });
    const there = (await at.multipart.uploadedParts(upload!, { signal })).length;
    expect(there).toBeGreaterThan(0);
    const before = count(at, 'uploadPart');
    expect((await at.run('scan')).report).toMatchObject({ uploaded: 1, failed: 0 });
    expect(count(at, 'uploadPart') - before).toBe(Math.ceil(content.byteLength / PART) - there);
    expect(count(at, 'begin')).toBe(1);
    expect((await at.objects())['p/large']).toBe(content.toString());
    expect(at.ledger().unfinishedUploads).toEqual({});
    at.faults.assertUsedUp();
  });

  test('a changed file begins a new upload and aborts the former one', async () => {
    const at = await fixture();
    at.write('large', randomContent(3 * MIB));
    at.faults.next('uploadPart', undefined);
    at.faults.next('uploadPart', lost());
    await at.run('scan');
    const [before] = await at.unfinished();
    const other = randomContent(3 * MIB);
    at.write('large', other);
    expect((await at.run('scan')).report).toMatchObject({ uploaded: 1 });
    expect(count(at, 'begin')).toBe(2);
    expect(count(at, 'uploadPart')).toBeGreaterThanOrEqual(Math.ceil(other.byteLength / PART));
    expect(await at.unfinished()).toEqual([]);
    expect(before).toBeDefined();
    expect((await at.objects())['p/large']).toBe(other.toString());
    expect(at.ledger().abandonedUploads).toBeUndefined();
  });

  test('P3: a file that changes between two parts is never stored with parts of both versions', async () => {
    let file = '';
    const changing = (backend: Backend): Backend => {
      const multipart = backend.capabilities.multipart!;
      const uploadPart: Multipart['uploadPart'] = async (token, number, body, call) => {
        if (number === 2 && file !== '') {
          writeFileSync(file, randomContent(3 * MIB));
          file = '';
        }
        return multipart.uploadPart(token, number, body, call);
      };
      return {
        ...backend,
        capabilities: { ...backend.capabilities, multipart: { ...multipart, uploadPart } },
      };
    };
    const at = await openMirrorFixture({
      target: { multipartThreshold: MIB, partSize: PART },
      wrap: changing,
    });
    file = at.write('large', randomContent(3 * MIB));
    const path = file;
    const { report } = await at.run('scan');
    expect(report).toMatchObject({ uploaded: 1, failed: 0 });
    expect((await at.objects())['p/large']).toBe(readFileSync(path).toString());
    expect(count(at, 'begin')).toBe(2);
    expect(await at.storage.capabilities.multipart!.unfinished('c', '', { signal })).toEqual([]);
  });

  test('P5: a completion whose answer was lost differs from one that never came, without a byte sent again', async () => {
    // The one in memory has no ETag of parts: with one, the object is recognised.
    const at = await fixture();
    const content = randomContent(2 * MIB);
    at.write('large', content);
    at.faults.next('complete', { lost: lost() });
    expect((await at.run('scan')).report).toMatchObject({ failed: 1 });
    expect(await at.unfinished()).toEqual([]);
    expect((await at.run('scan')).report).toMatchObject({ uploaded: 1 });
    expect((await at.objects())['p/large']).toBe(content.toString());
    expect(await at.unfinished()).toEqual([]);
  });
});

describe('orphans', () => {
  test('an upload whose file is gone is aborted as soon as the mirror sees that', async () => {
    const at = await fixture();
    at.write('small');
    at.faults.next('uploadPart', undefined);
    at.faults.next('uploadPart', lost());
    at.write('large', randomContent(3 * MIB));
    await at.run('reconcile');
    expect(await at.unfinished()).toHaveLength(1);
    at.remove('large');
    expect((await at.run('scan')).report).toMatchObject({ deleted: 1 });
    expect(await at.unfinished()).toEqual([]);
    expect(at.ledger()).toMatchObject({ unfinishedUploads: {} });
  });

  test('an upload for a file that needs none any more is aborted at the next start', async () => {
    const at = await fixture();
    at.write('small');
    await at.run('reconcile');
    const token = await at.multipart.begin({ container: 'c', key: 'p/small' }, plain, { signal });
    const source = { size: 1, mtimeNs: '1', ctimeNs: '1', inode: '1' };
    await at.mirror.parts.ledger.update((document) => ({
      ...document,
      unfinishedUploads: { small: { token, partSize: PART, source, beganAtMs: 1 } },
    }));
    await at.run('reconcile');
    expect(await at.unfinished()).toEqual([]);
    expect(at.ledger()).toMatchObject({ unfinishedUploads: {} });
  });

  test('the uploads of an unseen part of the source stay, and no others', async () => {
    const at = await fixture();
    for (const name of ['small', 'folder/hidden']) at.write(name);
    await at.run('reconcile');
    const source = { size: 1, mtimeNs: '1', ctimeNs: '1', inode: '1' };
    const begin = async (name: string) => ({
      token: await at.multipart.begin({ container: 'c', key: `p/${name}` }, plain, { signal }),
      partSize: PART,
      source,
      beganAtMs: 1,
    });
    const unfinishedUploads = {
      small: await begin('small'),
      'folder/hidden': await begin('folder/hidden'),
    };
    await at.mirror.parts.ledger.update((document) => ({ ...document, unfinishedUploads }));
    at.remove('folder');
    symlinkSync('elsewhere', join(at.mirror.settings.source, 'folder'));
    await at.run('reconcile');
    expect((await at.unfinished()).map(({ key }) => key)).toEqual(['p/folder/hidden']);
  });

  test('an upload whose begin got no answer is found by its object and its time, and those of other programs stay', async () => {
    const at = await fixture();
    at.write('large', randomContent(3 * MIB));
    const others = [
      await at.multipart.begin({ container: 'c', key: 'p/large2' }, plain, { signal }),
      await at.multipart.begin({ container: 'c', key: 'p/other' }, plain, { signal }),
    ];
    at.faults.next('begin', { lost: lost() });
    expect((await at.run('scan')).report).toMatchObject({ failed: 1 });
    expect(at.ledger().unfinishedUploads['large']).toMatchObject({ partSize: PART });
    expect(at.ledger().unfinishedUploads['large']?.token).toBeUndefined();
    expect(await at.unfinished()).toHaveLength(3);
    expect((await at.run('scan')).report).toMatchObject({ uploaded: 1 });
    expect(await at.unfinished()).toMatchObject(others);
    await at.run('reconcile');
    expect(await at.unfinished()).toMatchObject(others);
  });

  test('an upload that cannot be aborted now stays in the ledger, and is aborted at the next reconcile', async () => {
    const at = await fixture();
    at.write('large', randomContent(3 * MIB));
    at.faults.next('uploadPart', lost());
    await at.run('scan');
    at.write('large', 'small now');
    at.faults.next(
      'abort',
      new TargetUnavailableError('away', { driver: 'memory', retry: 'backoff' }),
    );
    expect((await at.run('scan')).report).toMatchObject({ uploaded: 1, failed: 0 });
    expect(at.ledger().abandonedUploads).toMatchObject([{ name: 'large' }]);
    expect(await at.unfinished()).toHaveLength(1);
    await at.run('reconcile');
    expect(await at.unfinished()).toEqual([]);
    expect(at.ledger().abandonedUploads).toBeUndefined();
    at.faults.assertUsedUp();
  });

  test('an upload that a job may continue survives a reconcile, also when uploads cannot be listed', async () => {
    const at = await openMirrorFixture({
      target: { multipartThreshold: MIB, partSize: PART },
      persistence: {
        backoff: { firstMs: 60_000, limitMs: 60_000 },
        attempts: 1,
        keepsTrying: true,
      },
    });
    at.faults.next('unfinished', new InvalidCredentialsError('may not list', { driver: 'memory' }));
    at.faults.next('uploadPart', lost());
    at.write('large', randomContent(3 * MIB));
    await at.run('reconcile');
    expect(Object.keys(at.mirror.parts.ledger.read().unfinishedUploads)).toEqual(['large']);
    expect(await at.storage.capabilities.multipart!.unfinished('c', '', { signal })).toHaveLength(
      1,
    );
    at.faults.assertUsedUp();
  });
});
