import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { endWhenDone } from '../world/end-when-done.js';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import { eventsOf, summaryOf } from '../world/program.js';

/** Puts an object into the container as another tool does. */
function putForeign(mirror: LocalMirror, name: string, content = name): void {
  mkdirSync(dirname(join(mirror.container, name)), { recursive: true });
  writeFileSync(join(mirror.container, name), content);
}

describe('deletes: keep', () => {
  test('a run keeps objects whose files are gone, counts them, and sends nothing when a file comes back unchanged', async () => {
    const mirror = openLocalMirror('    deletes: keep\n');
    for (const path of ['a', 'folder/b', 'c']) mirror.write(path);
    utimesSync(join(mirror.source, 'a'), 1_600_000_000, 1_600_000_000);
    expect((await mirror.longshore('reconcile')).code).toBe(0);
    rmSync(join(mirror.source, 'a'));
    rmSync(join(mirror.source, 'folder'), { recursive: true });
    for (const command of ['scan', 'reconcile']) {
      const run = await mirror.longshore(command, '--json');
      expect(run.code).toBe(0);
      expect(summaryOf(run)).toMatchObject({ deleted: 0, uploaded: 0, kept: 2, complete: true });
    }
    expect((await mirror.longshore('reconcile')).stdout).toMatch(/2 kept without a file/);
    expect(mirror.objects()).toEqual(['a', 'c', 'folder/b']);
    mirror.write('a');
    utimesSync(join(mirror.source, 'a'), 1_600_000_000, 1_600_000_000);
    expect(summaryOf(await mirror.longshore('reconcile', '--json'))).toMatchObject({
      uploaded: 0,
      kept: 1,
    });
  });

  test('a daemon keeps objects whose files are gone, and its status counts them', async () => {
    const mirror = openLocalMirror('    deletes: keep\n');
    for (const path of ['a', 'b']) mirror.write(path);
    const daemon = mirror.daemon();
    await vi.waitFor(() => expect(mirror.objects()).toEqual(['a', 'b']), { timeout: 30_000 });
    rmSync(join(mirror.source, 'a'));
    mirror.write('c'); // comes after it, and so is seen after it
    await vi.waitFor(() => expect(existsSync(join(mirror.container, 'c'))).toBe(true), {
      timeout: 30_000,
    });
    expect((await mirror.longshore('status')).stdout).toMatch(
      /deletes +objects whose files are gone are kept/,
    );
    await endWhenDone(mirror, daemon);
    expect(mirror.objects()).toEqual(['a', 'b', 'c']);
  });
});

describe('P4: a file that the rules exclude', () => {
  test.each([
    ['exclude', 'exclude: ["*.txt", "folder/"]'],
    ['include', 'include: ["*.pdf"]'],
  ])(
    'its object stays with %s, whether the file exists or not, and whichever tool put the object there',
    async (_, rule) => {
      const mirror = openLocalMirror();
      for (const path of ['a.pdf', 'b.pdf', 'c.txt', 'd.txt', 'folder/e']) mirror.write(path);
      await mirror.longshore('reconcile');
      for (const name of ['foreign.pdf', 'foreign.txt']) putForeign(mirror, name);
      mirror.writeConfig(`    ${rule}\n    extraneous: delete\n`);
      for (const path of ['b.pdf', 'd.txt', 'folder'])
        rmSync(join(mirror.source, path), { recursive: true });
      for (const command of ['scan', 'reconcile', 'reconcile'])
        expect((await mirror.longshore(command)).code).toBe(0);
      expect(mirror.objects()).toEqual(['a.pdf', 'c.txt', 'd.txt', 'folder/e', 'foreign.txt']);
    },
  );

  test('a folder that is gone is deleted from the container in spite of include', async () => {
    const mirror = openLocalMirror('    include: ["*.pdf"]\n');
    for (const path of ['folder/a.pdf', 'folder/b.pdf', 'c.pdf']) mirror.write(path);
    const daemon = mirror.daemon();
    await vi.waitFor(() => expect(mirror.objects()).toHaveLength(3), { timeout: 30_000 });
    rmSync(join(mirror.source, 'folder'), { recursive: true });
    await vi.waitFor(() => expect(mirror.objects()).toEqual(['c.pdf']), { timeout: 30_000 });
    await endWhenDone(mirror, daemon);
  });
});

describe('a container that already holds objects', () => {
  test('P4: the first reconcile deletes none and says what the next one will delete; the next one deletes', async () => {
    const mirror = openLocalMirror('    extraneous: delete\n');
    for (const name of ['foreign', 'folder/foreign too']) putForeign(mirror, name);
    mirror.write('mine');
    const first = await mirror.longshore('reconcile', '--json');
    expect(first.code).toBe(3);
    expect(summaryOf(first)).toMatchObject({ uploaded: 1, deleted: 0, complete: false });
    const skipped = eventsOf(first).filter(({ event }) => event === 'skipped');
    expect(skipped.map(({ path, reason }) => [path, reason])).toEqual(
      expect.arrayContaining([
        ['foreign', 'extraneous'],
        ['folder/foreign too', 'extraneous'],
        ['', 'delete-withheld'],
      ]),
    );
    expect(skipped.find(({ reason }) => reason === 'delete-withheld')?.['detail']).toMatch(
      /^2 objects are kept: the first reconcile deletes nothing; the next one will .*longshore reconcile documents/,
    );
    expect(mirror.objects()).toEqual(['folder/foreign too', 'foreign', 'mine']);
    // A scan knows nothing of them, and does nothing to them.
    expect(summaryOf(await mirror.longshore('scan', '--json'))).toMatchObject({ deleted: 0 });
    const second = await mirror.longshore('reconcile', '--json');
    expect(second.code).toBe(0);
    expect(summaryOf(second)).toMatchObject({ deleted: 2, complete: true });
    expect(mirror.objects()).toEqual(['mine']);
  });

  test('P4: a reconcile after the state was lost deletes none, though an earlier one has finished', async () => {
    const mirror = openLocalMirror('    extraneous: delete\n');
    for (const path of ['a', 'b']) mirror.write(path);
    await mirror.longshore('reconcile');
    rmSync(join(mirror.source, 'a'));
    rmSync(join(mirror.folder, 'state'), { recursive: true });
    expect((await mirror.longshore('reconcile')).code).toBe(3);
    expect(mirror.objects()).toEqual(['a', 'b']);
  });

  test('P4: extraneous objects go to the trash with deletes: trash', async () => {
    const mirror = openLocalMirror('    extraneous: delete\n    deletes: trash\n');
    mirror.write('mine');
    await mirror.longshore('reconcile');
    putForeign(mirror, 'foreign', 'not ours');
    expect((await mirror.longshore('reconcile')).code).toBe(0);
    expect(existsSync(join(mirror.container, 'foreign'))).toBe(false);
    await mirror.longshore('trash', 'restore', 'documents', '--to', 'back');
    expect(readFileSync(join(mirror.folder, 'back/foreign'), 'utf8')).toBe('not ours');
  });
});
