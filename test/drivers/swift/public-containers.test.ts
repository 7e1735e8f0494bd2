import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ContainerError, StorageError } from '../../../src/drivers/errors.js';
import { type FakeSwift, startFakeSwift } from '../../fakes/swift/server.js';
import { call, rejection } from '../conformance/fixture.js';
import { openFake } from './open.js';

let fake: FakeSwift;
beforeEach(async () => {
  fake = await startFakeSwift();
});
afterEach(async () => {
  await fake.close();
  fake.faults.assertUsedUp();
});

describe('containers for everybody', () => {
  const ref = { container: 'c', key: 'a folder/odd %é?.txt' };

  test('a container becomes readable for everybody, and keeps the readers that it had', async () => {
    const swift = openFake(fake);
    await swift.createContainer('c', call);
    fake.rules.store.container('c').headers['x-container-read'] = 'other:reader';
    const cdn = swift.capabilities.cdn!;
    expect((await rejection(cdn.containerUrl('c', call))).message).toContain(
      'enable its CDN first',
    );
    await cdn.enableContainer('c', call);
    await cdn.enableContainer('c', call);
    expect(fake.rules.store.container('c').headers['x-container-read']).toBe('other:reader,.r:*');
    expect(await cdn.containerUrl('c', call)).toBe(`${fake.origin}/v1/AUTH_fake/c`);
    await swift.close();
  });

  test('where the service has a CDN, containers are given to it, and objects are there', async () => {
    fake.rules.hasCdn = true;
    const swift = openFake(fake);
    await swift.createContainer('c', call);
    const cdn = swift.capabilities.cdn!;
    expect(await cdn.objectUrl(ref, call)).toContain('temp_url_sig=');
    await cdn.enableContainer('c', call);
    expect(await cdn.containerUrl('c', call)).toBe('https://cdn.example/c1');
    expect(await cdn.objectUrl(ref, call)).toBe(
      'https://cdn.example/c1/a%20folder/odd%20%25%C3%A9%3F.txt',
    );
    expect(await rejection(cdn.enableContainer('missing', call))).toBeInstanceOf(StorageError);
    expect(fake.count('PostContainer'), 'no other user gets access').toBe(0);
    await swift.close();
  });

  test('a container without readers becomes readable for everybody, by one request however often it is asked for', async () => {
    const swift = openFake(fake);
    await swift.createContainer('c', call);
    const cdn = swift.capabilities.cdn!;
    expect(await rejection(cdn.containerUrl('c', call))).toBeInstanceOf(ContainerError);
    await cdn.enableContainer('c', call);
    await cdn.enableContainer('c', call);
    expect(fake.rules.store.container('c').headers['x-container-read']).toBe('.r:*');
    expect(fake.count('PostContainer')).toBe(1);
    await swift.close();
  });
});
