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
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  hasEnded,
  ownerFolder,
  parseOwnerFolder,
  thisProcess,
} from '../../../src/drivers/local/owner.js';
import { call, contentOf, listAll, listKeys, put } from '../conformance/fixture.js';
import { CONTAINER, openBox, openLocal, ref, unfinished } from './fixture.js';

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

  it('P6: replaced by another process, they leave no folder of temporary files behind', async () => {
    const { backend, root } = await openBox();
    await put(backend, ref('before'), 'x');
    rmSync(join(root, '.longshore/objects.records'));
    const other = openLocal({ root });
    await put(other, ref('meanwhile'), 'x');
    await put(backend, ref('after'), 'x');
    await backend.close();
    await other.close();
    expect(readdirSync(join(root, '.longshore/incoming'))).toEqual([]);
  });

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
