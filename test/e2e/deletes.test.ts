import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import { eventsOf, summaryOf } from '../world/program.js';

/** Puts an object into the container as another tool does. */
function putForeign(place: LocalMirror, name: string, content = name): void {
  mkdirSync(dirname(join(place.container, name)), { recursive: true });
  writeFileSync(join(place.container, name), content);
}

describe('deletes: keep', () => {
  test('a run keeps objects whose files are gone, counts them, and sends nothing when a file comes back unchanged', async () => {
    const place = openLocalMirror('    deletes: keep\n');
    for (const path of ['a', 'folder/b', 'c']) place.write(path);
    utimesSync(join(place.source, 'a'), 1_600_000_000, 1_600_000_000);
    expect((await place.longshore('reconcile')).code).toBe(0);
    rmSync(join(place.source, 'a'));
    rmSync(join(place.source, 'folder'), { recursive: true });
    for (const command of ['scan', 'reconcile']) {
      const run = await place.longshore(command, '--json');
      expect(run.code).toBe(0);
      expect(summaryOf(run)).toMatchObject({ deleted: 0, uploaded: 0, kept: 2, complete: true });
    }
    expect((await place.longshore('reconcile')).stdout).toMatch(/2 kept without a file/);
    expect(place.objects()).toEqual(['a', 'c', 'folder/b']);
    place.write('a');
    utimesSync(join(place.source, 'a'), 1_600_000_000, 1_600_000_000);
    expect(summaryOf(await place.longshore('reconcile', '--json'))).toMatchObject({
      uploaded: 0,
      kept: 1,
    });
  });

  test('a daemon keeps objects whose files are gone, and its status counts them', async () => {
    const place = openLocalMirror('    deletes: keep\n');
    for (const path of ['a', 'b']) place.write(path);
    const daemon = place.daemon();
    await vi.waitFor(() => expect(place.objects()).toEqual(['a', 'b']), { timeout: 30_000 });
    rmSync(join(place.source, 'a'));
    place.write('c'); // comes after it, and so is seen after it
    await vi.waitFor(() => expect(existsSync(join(place.container, 'c'))).toBe(true), {
      timeout: 30_000,
    });
    expect((await place.longshore('status')).stdout).toMatch(
      /deletes +objects whose files are gone are kept/,
    );
    daemon.kill('SIGTERM');
    expect((await daemon.finished).code).toBe(0);
    expect(place.objects()).toEqual(['a', 'b', 'c']);
  });
});

describe('P4: a file that the rules exclude', () => {
  test.each([
    ['exclude', 'exclude: ["*.txt", "folder/"]'],
    ['include', 'include: ["*.pdf"]'],
  ])(
    'its object stays with %s, whether the file exists or not, and whichever tool put the object there',
    async (_, rule) => {
      const place = openLocalMirror();
      for (const path of ['a.pdf', 'b.pdf', 'c.txt', 'd.txt', 'folder/e']) place.write(path);
      await place.longshore('reconcile');
      for (const name of ['foreign.pdf', 'foreign.txt']) putForeign(place, name);
      place.writeConfig(`    ${rule}\n    extraneous: delete\n`);
      for (const path of ['b.pdf', 'd.txt', 'folder'])
        rmSync(join(place.source, path), { recursive: true });
      for (const command of ['scan', 'reconcile', 'reconcile'])
        expect((await place.longshore(command)).code).toBe(0);
      expect(place.objects()).toEqual(['a.pdf', 'c.txt', 'd.txt', 'folder/e', 'foreign.txt']);
    },
  );

  test('a folder that is gone is deleted from the container in spite of include', async () => {
    const place = openLocalMirror('    include: ["*.pdf"]\n');
    for (const path of ['folder/a.pdf', 'folder/b.pdf', 'c.pdf']) place.write(path);
    const daemon = place.daemon();
    await vi.waitFor(() => expect(place.objects()).toHaveLength(3), { timeout: 30_000 });
    rmSync(join(place.source, 'folder'), { recursive: true });
    await vi.waitFor(() => expect(place.objects()).toEqual(['c.pdf']), { timeout: 30_000 });
    daemon.kill('SIGTERM');
    expect((await daemon.finished).code).toBe(0);
  });
});

describe('a container that already holds objects', () => {
  test('P4: the first reconcile deletes none and says what the next one will delete; the next one deletes', async () => {
    const place = openLocalMirror('    extraneous: delete\n');
    for (const name of ['foreign', 'folder/foreign too']) putForeign(place, name);
    place.write('mine');
    const first = await place.longshore('reconcile', '--json');
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
    expect(place.objects()).toEqual(['folder/foreign too', 'foreign', 'mine']);
    // A scan knows nothing of them, and does nothing to them.
    expect(summaryOf(await place.longshore('scan', '--json'))).toMatchObject({ deleted: 0 });
    const second = await place.longshore('reconcile', '--json');
    expect(second.code).toBe(0);
    expect(summaryOf(second)).toMatchObject({ deleted: 2, complete: true });
    expect(place.objects()).toEqual(['mine']);
  });

  test('P4: a reconcile after the state was lost deletes none, though an earlier one has finished', async () => {
    const place = openLocalMirror('    extraneous: delete\n');
    for (const path of ['a', 'b']) place.write(path);
    await place.longshore('reconcile');
    rmSync(join(place.source, 'a'));
    rmSync(join(place.folder, 'state'), { recursive: true });
    expect((await place.longshore('reconcile')).code).toBe(3);
    expect(place.objects()).toEqual(['a', 'b']);
  });

  test('P4: extraneous objects go to the trash with deletes: trash', async () => {
    const place = openLocalMirror('    extraneous: delete\n    deletes: trash\n');
    place.write('mine');
    await place.longshore('reconcile');
    putForeign(place, 'foreign', 'not ours');
    expect((await place.longshore('reconcile')).code).toBe(0);
    expect(existsSync(join(place.container, 'foreign'))).toBe(false);
    await place.longshore('trash', 'restore', 'documents', '--to', 'back');
    expect(readFileSync(join(place.folder, 'back/foreign'), 'utf8')).toBe('not ours');
  });
});
