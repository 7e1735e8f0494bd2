import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import type { Multipart } from '../../../src/drivers/capabilities.js';
import { randomContent } from '../../drivers/conformance/fixture.js';
import { openMirrorFixture } from '../../world/mirror-in-process.js';
import { count, fixture, lost, MIB, PART, signal } from './uploads-mirror.js';

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
