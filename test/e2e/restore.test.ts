import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { endWhenDone } from '../world/end-when-done.js';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import { eventsOf, run, summaryOf } from '../world/program.js';
import {
  attributesBelow,
  differences,
  digestsBelow,
  filesBelow,
  flipBit,
  ODD_NAMES,
} from '../world/tree.js';

/** Files of many sizes, names, modes and times, and links, in the source of a mirror that preserves links. */
function writeOddTree(mirror: LocalMirror): void {
  for (const [i, name] of ODD_NAMES.entries()) {
    const file = mirror.write(`odd/${name}`, `content of ${name}`);
    chmodSync(file, [0o600, 0o644, 0o755, 0o400][i % 4] ?? 0o644);
    const seconds = String(-1_000_000_000.5 + i * 400_000_000.123457); // a negative number would be the time of day
    utimesSync(file, seconds, seconds);
  }
  mirror.write('empty', '');
  mirror.write('large', Buffer.alloc(3_000_000, 'large '));
  mirror.write('deep/er/and/deeper/file');
  mirror.write(`${'n'.repeat(255)}/${'é'.repeat(127)}`);
  mirror.write('back\\slash');
  symlinkSync('../large', join(mirror.source, 'odd', 'link'));
  symlinkSync('nowhere at all', join(mirror.source, 'dangling'));
  symlinkSync('deep', join(mirror.source, 'folder-link'));
}

const PRESERVE = '    symlinks: preserve\n    metadata: [mtime, mode]\n';

test('P10: a restored tree equals its source in bytes, times, modes and links, with and without the state', async () => {
  const mirror = openLocalMirror(PRESERVE);
  writeOddTree(mirror);
  expect((await mirror.longshore('reconcile')).code).toBe(0);

  const first = await mirror.longshore('restore', 'documents', '--to', 'back', '--json');
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(summaryOf(first)).toMatchObject({ event: 'summary', failed: 0, unverified: 0 });
  const back = join(mirror.folder, 'back');
  expect(differences(digestsBelow(mirror.source), digestsBelow(back))).toEqual([]);
  expect(attributesBelow(back)).toEqual(attributesBelow(mirror.source));
  expect(readdirSync(back).filter((name) => name.startsWith('.longshore'))).toEqual([]);

  rmSync(mirror.state, { recursive: true });
  const stateless = await mirror.longshore('restore', 'documents', '--to', 'again');
  expect(stateless).toMatchObject({ code: 0, stderr: '' });
  expect(attributesBelow(join(mirror.folder, 'again'))).toEqual(attributesBelow(mirror.source));
  expect(existsSync(mirror.state), 'a restore makes no state').toBe(false);
});

test.each([
  ['without', '', 'adopted'],
  ['with', '    index_snapshot: 1h\n', 'unchanged'],
])(
  'P6: a restored folder that a new state mirrors to the same container changes no object, %s an index snapshot',
  async (_, snapshot, count) => {
    const mirror = openLocalMirror(PRESERVE + snapshot);
    writeOddTree(mirror);
    expect((await mirror.longshore('reconcile')).code).toBe(0);
    expect((await mirror.longshore('restore', 'documents', '--to', 'back')).code).toBe(0);
    const changed = () =>
      filesBelow(mirror.container)
        .filter((name) => !name.startsWith('.longshore/'))
        .map((name) => [name, lstatSync(join(mirror.container, name), { bigint: true }).ctimeNs]);
    const before = changed();
    rmSync(mirror.state, { recursive: true });
    rmSync(mirror.source, { recursive: true });
    renameSync(join(mirror.folder, 'back'), mirror.source);

    const again = await mirror.longshore('reconcile', '--json');
    expect(again.code, again.stderr).toBe(0);
    expect(summaryOf(again)).toMatchObject({ [count]: before.length, uploaded: 0, bytes: 0 });
    const done = eventsOf(again).filter(({ event }) => event === 'done');
    expect(done.map(({ why }) => why)).toEqual(before.map(() => 'same content'));
    expect(changed()).toEqual(before);
  },
);

test('a container alone is enough: no configuration, no state', async () => {
  const mirror = openLocalMirror(PRESERVE);
  writeOddTree(mirror);
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  rmSync(mirror.state, { recursive: true });
  const args = ['restore', `local:${mirror.container}`, '--to', 'back', '--json'];
  const restored = await run(args, { cwd: mirror.folder });
  expect(restored).toMatchObject({ code: 0, stderr: '' });
  expect(summaryOf(restored)).toMatchObject({ failed: 0, unverified: 0 });
  const back = join(mirror.folder, 'back');
  expect(differences(digestsBelow(mirror.source), digestsBelow(back))).toEqual([]);
  expect(attributesBelow(back)).toEqual(attributesBelow(mirror.source));
});

test('a second restore loads nothing, and one of a changed file keeps it unless --overwrite replaces it', async () => {
  const mirror = openLocalMirror();
  for (const path of ['a', 'b/c', 'b/d']) mirror.write(path);
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  const restore = (...args: string[]) =>
    mirror.longshore('restore', 'documents', '--to', 'back', '--json', ...args);
  expect(summaryOf(await restore())).toMatchObject({ restored: 3, unchanged: 0 });
  expect(summaryOf(await restore())).toMatchObject({ restored: 0, unchanged: 3, failed: 0 });

  const changed = join(mirror.folder, 'back', 'b', 'c');
  writeFileSync(changed, 'mine');
  const kept = await restore();
  expect(kept.code).toBe(3);
  expect(eventsOf(kept)).toContainEqual(
    expect.objectContaining({ event: 'failed', name: 'b/c', problem: 'exists' }),
  );
  expect(summaryOf(await restore('--overwrite', 'older'))).toMatchObject({ kept: 1, failed: 0 });
  expect(readFileSync(changed, 'utf8')).toBe('mine');
  expect(summaryOf(await restore('--overwrite', 'always'))).toMatchObject({ restored: 1 });
  expect(readFileSync(changed, 'utf8')).toBe('b/c');

  utimesSync(changed, 1, 1);
  const touched = await restore();
  expect(summaryOf(touched), 'equal content is not loaded').toMatchObject({ unchanged: 3 });
  expect(lstatSync(changed).mtimeMs).toBeCloseTo(lstatSync(join(mirror.source, 'b/c')).mtimeMs, 1);
});

test('only what is asked for is restored, and what is not there is an error that does not stop the rest', async () => {
  const mirror = openLocalMirror();
  for (const path of ['a.jpg', 'b/c.jpg', 'b/d.txt', 'bc', 'e/f/g.jpg', 'e/h']) mirror.write(path);
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  const restore = async (...asked: string[]) => {
    rmSync(join(mirror.folder, 'back'), { recursive: true, force: true });
    const { code } = await mirror.longshore('restore', 'documents', ...asked, '--to', 'back');
    return [code, ...digestsBelow(join(mirror.folder, 'back')).keys()].sort();
  };
  expect(await restore('b')).toEqual([0, 'b/c.jpg', 'b/d.txt']);
  expect(await restore('*.jpg')).toEqual([0, 'a.jpg', 'b/c.jpg', 'e/f/g.jpg']);
  expect(await restore('e/f', 'a.jpg')).toEqual([0, 'a.jpg', 'e/f/g.jpg']);
  expect(await restore('e/*', 'nothing')).toEqual([3, 'e/f/g.jpg', 'e/h']);
});

test('a dry run writes nothing and says what would be restored', async () => {
  const mirror = openLocalMirror();
  mirror.write('a');
  mirror.write('b/c');
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  const dry = await mirror.longshore('restore', 'documents', '--to', 'back', '--dry-run');
  expect(dry.code).toBe(5);
  expect(dry.stdout).toContain('would restore b/c (3 B)');
  expect(existsSync(join(mirror.folder, 'back'))).toBe(false);
});

test('nothing is written through a link that is planted in the folder', async () => {
  const mirror = openLocalMirror();
  for (const path of ['a/in', 'b', 'c/d/in']) mirror.write(path);
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  const outside = join(mirror.folder, 'outside');
  const back = join(mirror.folder, 'back');
  for (const folder of [outside, join(back, 'c')]) mkdirSync(folder, { recursive: true });
  symlinkSync(outside, join(back, 'a'));
  symlinkSync(join(outside, 'b'), join(back, 'b'));
  symlinkSync('../../outside', join(back, 'c/d'));
  for (const overwrite of ['never', 'always']) {
    const done = await mirror.longshore(
      ...['restore', 'documents', '--to', 'back', '--json', '--overwrite', overwrite],
    );
    expect(done.code, overwrite).toBe(3);
    expect(eventsOf(done)).toContainEqual(
      expect.objectContaining({ event: 'failed', name: 'a/in', problem: 'blocked' }),
    );
    expect(eventsOf(done)).toContainEqual(
      expect.objectContaining({ event: 'failed', name: 'c/d/in', problem: 'blocked' }),
    );
    expect(readdirSync(outside), overwrite).toEqual([]);
  }
  expect(readFileSync(join(back, 'b'), 'utf8'), 'the link itself was replaced').toBe('b');
});

test('P2: a stored file with a flipped bit is refused, and leaves nothing under its name', async () => {
  const mirror = openLocalMirror();
  mirror.write('kept');
  mirror.write('flipped', Buffer.alloc(100_000, 7));
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  flipBit(join(mirror.container, 'flipped'), 50_000);
  const done = await mirror.longshore('restore', 'documents', '--to', 'back', '--json');
  expect(done.code).toBe(3);
  expect(eventsOf(done)).toContainEqual(
    expect.objectContaining({ event: 'failed', name: 'flipped', problem: 'damaged' }),
  );
  expect(readdirSync(join(mirror.folder, 'back'))).toEqual(['kept']);
});

test('a link object does not lead the files below its path out of the folder', async () => {
  const mirror = openLocalMirror(PRESERVE);
  mirror.write('kept');
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  const outside = join(mirror.folder, 'outside');
  mkdirSync(outside);
  writeFileSync(join(mirror.container, 'trap.rclonelink'), outside);
  mkdirSync(join(mirror.container, 'trap'));
  writeFileSync(join(mirror.container, 'trap', 'file'), 'x');
  const done = await mirror.longshore('restore', 'documents', '--to', 'back', '--json');
  expect(done.code).toBe(3);
  expect(eventsOf(done)).toContainEqual(
    expect.objectContaining({ event: 'failed', name: 'trap.rclonelink', problem: 'blocked' }),
  );
  expect(readdirSync(outside)).toEqual([]);
  expect(readFileSync(join(mirror.folder, 'back/trap/file'), 'utf8')).toBe('x');
});

test('restoring works beside a running daemon', async () => {
  const mirror = openLocalMirror();
  mirror.write('a');
  const daemon = mirror.daemon();
  await expect.poll(() => mirror.objects(), { timeout: 30_000 }).toEqual(['a']);
  const done = await mirror.longshore('restore', 'documents', '--to', 'back');
  expect(done).toMatchObject({ code: 0, stderr: '' });
  await endWhenDone(mirror, daemon);
});
