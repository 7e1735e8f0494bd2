import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ContainerDoesNotExistError, TargetUnavailableError } from '../../../src/drivers/errors.js';
import { temporaryFolder } from '../../world/folder.js';
import { call, contentOf, listAll, listKeys, put, rejection } from '../conformance/fixture.js';
import { afterwards, CONTAINER, openBox, openLocal, ref } from './fixture.js';

describe('the root', () => {
  it('is made by the first change, and only by that', async () => {
    const root = join(temporaryFolder(), 'deep/down');
    const backend = openLocal({ root });
    expect((await backend.listContainers({}, call)).items).toEqual([]);
    for (const looking of [
      backend.headContainer(CONTAINER, call),
      backend.listObjects(CONTAINER, '', {}, call),
      put(backend, ref('x'), 'x'),
      backend.deleteContainer(CONTAINER, call),
    ]) {
      expect(await rejection(looking)).toBeInstanceOf(ContainerDoesNotExistError);
    }
    await backend.createContainer(CONTAINER, call);
    await put(backend, ref('x'), 'x');
    expect(await contentOf(backend, ref('x'))).toBe('x');
  });

  it('is not created by a call that only reads', async () => {
    const root = join(temporaryFolder(), 'deep/down');
    const backend = openLocal({ root });
    expect((await backend.listContainers({}, call)).items).toEqual([]);
    expect(await rejection(backend.headObject(ref('x'), call))).toBeInstanceOf(
      ContainerDoesNotExistError,
    );
    expect(existsSync(dirname(root))).toBe(false);
  });

  it('that is missing is an unavailable target where the settings say so', async () => {
    const root = join(temporaryFolder(), 'not/mounted');
    const error = await rejection(openLocal({ root, create: false }).listContainers({}, call));
    expect(error).toBeInstanceOf(TargetUnavailableError);
    expect(error).toMatchObject({ retry: 'backoff' });
    expect(error.message).toContain(root);
    expect(existsSync(root)).toBe(false);
  });

  it.runIf(process.platform === 'linux')(
    'that cannot be made, as below a mount point of autofs, is an unavailable target',
    async () => {
      const backend = openLocal({ root: '/proc/longshore/vault' });
      const error = await rejection(backend.createContainer(CONTAINER, call));
      expect(error).toBeInstanceOf(TargetUnavailableError);
      expect(error.message).toContain('the root "/proc/longshore/vault" cannot be made');
    },
  );

  it('that is a file is said to be one', async () => {
    const root = join(temporaryFolder(), 'file');
    writeFileSync(root, '');
    expect((await rejection(openLocal({ root }).listContainers({}, call))).message).toContain(
      'is not a folder',
    );
  });

  it('P4: that goes away is an unavailable target, not one without objects, and works again when it is back', async () => {
    const { backend, root } = await openBox();
    await put(backend, ref('x'), 'x');
    const away = `${root}.away`;
    afterwards(() => rmSync(away, { recursive: true, force: true }));
    const expectUnavailable = async (): Promise<void> => {
      for (const promise of [
        backend.headObject(ref('x'), call),
        backend.listObjects(CONTAINER, '', {}, call),
        backend.listContainers({}, call),
        backend.headContainer(CONTAINER, call),
        backend.deleteObject(ref('x'), call),
        backend.createContainer('other', call),
        put(backend, ref('y'), 'y'),
      ]) {
        expect(await rejection(promise)).toBeInstanceOf(TargetUnavailableError);
      }
    };
    renameSync(root, away);
    await expectUnavailable();
    expect(existsSync(root), 'nothing is made where a mount is missing').toBe(false);
    mkdirSync(root); // the empty mount point that an unmounted disk leaves
    await expectUnavailable();
    expect(readdirSync(root)).toEqual([]);
    rmSync(root, { recursive: true });
    renameSync(away, root);
    expect(await contentOf(backend, ref('x'))).toBe('x');
    await put(backend, ref('y'), 'y');
    expect(await listKeys(backend, CONTAINER)).toEqual(['x', 'y']);
  });

  it('that comes back as another file system is opened again', async () => {
    const { backend, root } = await openBox();
    await put(backend, ref('x'), 'x');
    execFileSync('cp', ['-a', root, `${root}.copy`]);
    rmSync(root, { recursive: true });
    renameSync(`${root}.copy`, root);
    await put(backend, ref('y'), 'y');
    const checksums = new Map(
      (await listAll(backend, CONTAINER)).map((info) => [info.key, info.checksums.length]),
    );
    expect(checksums).toEqual(
      new Map([
        ['x', 0],
        ['y', 1],
      ]),
    ); // another inode: the digest of x is not believed
  });
});

describe('a root that may only be read', () => {
  // Root may write everywhere, so that only a mount is read-only to it.
  const unshare = spawnSync('unshare', ['--mount', 'true']);
  const runIt = unshare.status === 0 ? it : it.skip;

  runIt('is listed and read, with digests; puts say that it is read-only', async () => {
    const { backend, root } = await openBox();
    await put(backend, ref('x'), 'content');
    await backend.close();
    const module = (file: string): string =>
      JSON.stringify(new URL(`../../../src/drivers/${file}.js`, import.meta.url).href);
    const script = `
      import { localBackend } from ${module('local/backend')};
      import { bytesBody } from ${module('body')};
      const backend = localBackend({ root: ${JSON.stringify(root)} });
      const call = { signal: new AbortController().signal };
      const { items } = await backend.listObjects('${CONTAINER}', '', {}, call);
      const bytes = [];
      for await (const chunk of await backend.readObject({ container: '${CONTAINER}', key: 'x' }, undefined, call)) bytes.push(chunk);
      const options = { contentType: 'text/plain', metaData: {}, headers: {}, checksums: [] };
      const error = await backend.putObject({ container: '${CONTAINER}', key: 'y' }, bytesBody(Buffer.from('y')), options, call).catch((error) => error);
      console.log(JSON.stringify([items.map((item) => [item.key, item.checksums.length]), Buffer.concat(bytes).toString(), error.name, error.retry, error.message]));
      await backend.close();`;
    const file = join(temporaryFolder(), 'script.mjs');
    writeFileSync(file, script);
    const mounted = [
      '--mount',
      'sh',
      '-c',
      'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && exec "$2" "$3"',
      'sh',
      root,
    ];
    const output = execFileSync('unshare', [...mounted, process.execPath, file], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    const [items, content, name, retry, message] = JSON.parse(output);
    expect([items, content, name, retry]).toEqual([
      [['x', 1]],
      'content',
      'StorageError',
      'backoff',
    ]);
    expect(message).toContain('EROFS');
    expect(message).toContain('mounted read-only');
  });
});
