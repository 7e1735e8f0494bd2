import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ContainerDoesNotExistError, TargetUnavailableError } from '../../../src/drivers/errors.js';
import {
  hasEnded,
  ownerFolder,
  parseOwnerFolder,
  thisProcess,
} from '../../../src/drivers/local/owner.js';
import { temporaryFolder } from '../../world/folder.js';
import { call, contentOf, listAll, listKeys, put, rejection } from '../conformance/fixture.js';
import { afterwards, CONTAINER, openBox, openLocal, ref, unfinished } from './fixture.js';

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

describe('the records of objects', () => {
  const damages: Readonly<Record<string, (file: string) => void>> = {
    'are gone': (file) => rmSync(file),
    'are empty': (file) => truncateSync(file),
    'were cut to their head': (file) => truncateSync(file, 100),
    'are something else': (file) => writeFileSync(file, 'this is no database\n'.repeat(5000)),
    'are full of zeros': (file) => writeFileSync(file, Buffer.alloc(statSync(file).size)),
    'have lost their pages': (file) => writeFileSync(file, readFileSync(file).fill(0, 16_384)),
    'have pages of garbage': (file) => writeFileSync(file, readFileSync(file).fill(0xa5, 16_384)),
  };
  for (const [what, damage] of Object.entries(damages)) {
    it(`P6: that ${what}: costs digests and nothing else`, async () => {
      const { backend, root } = await openBox();
      for (let i = 0; i < 200; i += 1)
        await put(backend, ref(`object ${i}`), `content ${i}`, {
          metaData: { mtime: '1700000000.5' },
        });
      await backend.close();
      damage(join(root, '.longshore/objects.records'));
      const next = openLocal({ root });
      const listed = await listAll(next, CONTAINER);
      expect(listed).toHaveLength(200);
      expect(
        listed.every(
          ({ metaData, checksums }) =>
            metaData['mtime'] === '1700000000.5' && checksums.length === 0,
        ),
      ).toBe(true);
      expect(await contentOf(next, ref('object 7'))).toBe('content 7');
      expect((await put(next, ref('object 7'), 'again')).checksums).toHaveLength(1);
      expect((await next.headObject(ref('object 7'), call)).checksums).toHaveLength(1);
      await next.deleteObject(ref('object 8'), call);
      expect(await listAll(next, CONTAINER)).toHaveLength(199);
    });
  }

  it('P6: may be removed under a running driver', async () => {
    const { backend, root } = await openBox();
    await put(backend, ref('before'), 'x');
    rmSync(join(root, '.longshore'), { recursive: true });
    expect((await put(backend, ref('after'), 'x')).checksums).toHaveLength(1);
    const other = openLocal({ root });
    expect(
      (await listAll(other, CONTAINER)).map(({ key, checksums }) => [key, checksums.length]),
    ).toEqual([
      ['after', 1],
      ['before', 0],
    ]);
  });

  it('without flushes, is not believed after the machine was started again, but is after a clean end', async () => {
    const { backend, root } = await openBox({ fsync: false });
    const mark = join(root, '.longshore/unsynced');
    await put(backend, ref('x'), 'x');
    expect(existsSync(mark)).toBe(true);
    const digests = async (): Promise<number | undefined> => {
      const next = openLocal({ root, fsync: false });
      const found = await next.headObject(ref('x'), call);
      await next.close();
      return found.checksums.length;
    };
    await backend.close();
    expect(existsSync(mark)).toBe(false);
    expect(await digests()).toBe(1);
    writeFileSync(mark, 'anotherboot');
    expect(await digests()).toBe(0);
  });

  it('forgets objects that others have removed', async () => {
    const { backend, root, box } = await openBox();
    for (const key of ['a', 'b', 'c']) await put(backend, ref(key), key);
    const before = statSync(join(box, 'b'));
    renameSync(join(box, 'b'), join(root, 'b'));
    expect(await listKeys(backend, CONTAINER)).toEqual(['a', 'c']);
    renameSync(join(root, 'b'), join(box, 'b'));
    expect(statSync(join(box, 'b')).ino).toBe(before.ino);
    expect((await backend.headObject(ref('b'), call)).checksums).toEqual([]);
  });
});

describe('temporary files', () => {
  const self = thisProcess();

  it('P5: of processes that have ended are removed, and no others', async () => {
    const { backend, root } = await openBox();
    const incoming = join(root, '.longshore/incoming');
    const dead = [
      ownerFolder({ ...self, started: '1' }, 'pidUsedAgain'),
      ownerFolder({ ...self, pid: 2 ** 22 + 1 }, 'noSuchProcess'),
      ownerFolder({ ...self, boot: 'before' }, 'anotherBoot'),
    ];
    const alive = [
      ownerFolder({ ...self, machine: 'other' }, 'x'),
      ownerFolder({ ...self, namespace: 'pid1' }, 'x'),
      ownerFolder(self, 'x'),
    ];
    const foreign = ['someone-else', 'a_b_c_d_e_f'];
    for (const name of [...dead, ...alive, ...foreign]) {
      mkdirSync(join(incoming, name), { recursive: true });
      writeFileSync(join(incoming, name, '1'), 'half an obj');
    }
    await put(backend, ref('x'), 'x');
    const left = readdirSync(incoming);
    expect(left).toEqual(expect.arrayContaining([...alive, ...foreign]));
    expect(left.filter((name) => dead.includes(name))).toEqual([]);
    expect(await listKeys(backend, CONTAINER)).toEqual(['x']);
  });

  it('and their folder are gone when the driver is closed', async () => {
    const { backend, root } = await openBox();
    await put(backend, ref('x'), 'x');
    await backend.close();
    expect(unfinished(root)).toEqual([]);
    expect(readdirSync(join(root, '.longshore/incoming'))).toEqual([]);
  });

  it('name an owner that can be read back', () => {
    expect(parseOwnerFolder(ownerFolder(self, 'abc'))).toEqual(self);
    expect(hasEnded(self, self)).toBe(false);
    expect(parseOwnerFolder('1')).toBeUndefined();
  });
});
