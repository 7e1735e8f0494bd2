import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { UnsupportedOperationError } from '../../../src/drivers/errors.js';
import { temporaryFolder } from '../../world/folder.js';
import {
  call,
  contentOf,
  listKeys,
  plain,
  put,
  rejection,
  streamedBody,
} from '../conformance/fixture.js';
import { CONTAINER, openBox, openLocal, ref, unfinished } from './fixture.js';

it('local: refuses an option that a file cannot have, and stores nothing', async () => {
  const { backend } = await openBox();
  for (const own of [{ headers: { 'x-amz-acl': 'private' } }, { storageClass: 'GLACIER' }]) {
    expect(await rejection(put(backend, ref('x'), 'x', own))).toBeInstanceOf(
      UnsupportedOperationError,
    );
    const copied = backend.capabilities.copy!.copyObject(
      ref('x'),
      ref('y'),
      { ...plain, ...own },
      call,
    );
    expect(await rejection(copied)).toBeInstanceOf(UnsupportedOperationError);
  }
  const checksum = put(backend, ref('x'), 'x', {
    checksums: [{ algorithm: 'crc32c', hex: '00000000' }],
  });
  expect(await rejection(checksum)).toBeInstanceOf(UnsupportedOperationError);
  expect(await listKeys(backend, CONTAINER)).toEqual([]);
});

it('local: a body of unknown length is stored whole, in bounded memory', async () => {
  const { backend, root } = await openBox();
  const chunk = Buffer.alloc(700_001, 'abcdefg');
  const content = Buffer.concat(Array.from({ length: 7 }, () => chunk));
  const body = { ...streamedBody(content, 700_001), size: undefined };
  const info = await backend.putObject(ref('large'), body, plain, call);
  expect(info).toMatchObject({
    size: content.length,
    checksums: [{ algorithm: 'md5', hex: createHash('md5').update(content).digest('hex') }],
  });
  expect(await contentOf(backend, ref('large'))).toBe(content.toString());
  expect(unfinished(root)).toEqual([]);
});

it('local: a process with idle or unused drivers ends by itself', () => {
  const root = temporaryFolder();
  const module = new URL('../../../src/drivers/local/backend.js', import.meta.url).href;
  const script = `
    import { localBackend } from ${JSON.stringify(module)};
    localBackend({ root: ${JSON.stringify(root)} });
    const backend = localBackend({ root: ${JSON.stringify(root)} });
    await backend.createContainer('x', { signal: new AbortController().signal });`;
  execFileSync(process.execPath, ['--input-type=module', '--eval', script], { timeout: 30_000 });
  expect(readdirSync(root).sort()).toEqual(['.longshore', 'x']);
});

it('local: a closed driver refuses calls, and can be closed again', async () => {
  const backend = openLocal({ root: temporaryFolder() });
  await backend.createContainer(CONTAINER, call);
  await Promise.all([backend.close(), backend.close()]);
  expect((await rejection(backend.headContainer(CONTAINER, call))).message).toContain('closed');
});
