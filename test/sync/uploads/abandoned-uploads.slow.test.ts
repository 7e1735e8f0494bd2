import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InvalidCredentialsError, TargetUnavailableError } from '../../../src/drivers/errors.js';
import { plain, randomContent } from '../../drivers/conformance/fixture.js';
import { openMirrorFixture } from '../../world/mirror-in-process.js';
import { fixture, lost, MIB, PART, signal } from './uploads-mirror.js';

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
