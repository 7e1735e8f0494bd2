import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { endWhenDone } from '../world/end-when-done.js';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import { eventsOf, summaryOf } from '../world/program.js';
import { filesBelow } from '../world/tree.js';

const TRASH = '    deletes: trash\n';

/** Names and contents of what is in the trash, the oldest folder first. */
function trashed(mirror: LocalMirror): string[] {
  const folder = join(mirror.container, '.longshore/trash');
  return filesBelow(folder).map(
    (path) => `${path.slice(path.indexOf('/') + 1)}: ${readFileSync(join(folder, path), 'utf8')}`,
  );
}

test('P4: deleted and overwritten objects can be listed, restored unchanged, and purged', async () => {
  const mirror = openLocalMirror(TRASH);
  const file = mirror.write('letters/a.txt', 'first');
  utimesSync(file, 1_600_000_000, 1_600_000_000);
  mirror.write('letters/b.txt');
  mirror.write('kept');
  expect((await mirror.longshore('reconcile')).code).toBe(0);

  writeFileSync(file, 'second, longer');
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  rmSync(join(mirror.source, 'letters'), { recursive: true });
  const run = await mirror.longshore('reconcile', '--json');
  expect(summaryOf(run)).toMatchObject({ deleted: 2, failed: 0, skipped: 0 });
  expect(eventsOf(run)).toContainEqual(
    expect.objectContaining({
      event: 'done',
      job: 'delete_object',
      why: 'gone, kept in the trash',
    }),
  );
  expect(existsSync(join(mirror.container, 'letters'))).toBe(false);
  expect(trashed(mirror).sort()).toEqual([
    'letters/a.txt: first',
    'letters/a.txt: second, longer',
    'letters/b.txt: letters/b.txt',
  ]);

  const listed = await mirror.longshore('trash', 'ls', 'documents', 'letters/a.txt');
  expect(listed).toMatchObject({ code: 0, stderr: '' });
  expect(listed.stdout).toMatch(
    /^20\S+Z {2}overwritten +5 {2}letters\/a\.txt\n20\S+Z {2}deleted +14 {2}letters\/a\.txt\n$/,
  );
  const [oldest] = eventsOf(await mirror.longshore('trash', 'ls', 'documents', '--json'));
  expect(oldest).toMatchObject({
    name: 'letters/a.txt',
    size: 5,
    md5: '8b04d5e3775d298e78455efc5ca404d5',
  });

  const elsewhere = await mirror.longshore(
    'trash',
    'restore',
    'documents',
    '--to',
    'elsewhere',
    '--at',
    '2020-01-01T00:00:00Z',
  );
  expect(elsewhere).toMatchObject({ code: 0, stderr: '' });
  expect(readFileSync(join(mirror.folder, 'elsewhere/letters/a.txt'), 'utf8')).toBe('first');
  expect(statSync(join(mirror.folder, 'elsewhere/letters/a.txt')).mtimeMs).toBe(1_600_000_000_000);

  expect((await mirror.longshore('trash', 'restore', 'documents', 'letters/')).code).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe('second, longer');
  writeFileSync(file, 'mine');
  const again = await mirror.longshore('trash', 'restore', 'documents');
  expect(again.code).toBe(3);
  expect(again.stderr).toMatch(/letters\/a\.txt: .*exists already/);
  expect(readFileSync(file, 'utf8')).toBe('mine');
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  expect(mirror.objects()).toEqual(['kept', 'letters/a.txt', 'letters/b.txt']);

  expect((await mirror.longshore('trash', 'purge', 'documents')).code).toBe(2);
  expect((await mirror.longshore('trash', 'purge', 'documents', 'nothing')).code).toBe(1);
  expect((await mirror.longshore('trash', 'purge', 'documents', '--older-than', '1d')).stdout).toBe(
    'purged 0 objects (0 B)\n',
  );
  const partly = await mirror.longshore('trash', 'purge', 'documents', 'letters/b.txt', 'nothing');
  expect(partly).toMatchObject({ code: 1, stdout: expect.stringMatching(/^purged 1 object /) });
  expect(partly.stderr).toContain('the trash contains no "nothing"');
  expect(trashed(mirror).sort()).toEqual(['letters/a.txt: first', 'letters/a.txt: second, longer']);
  expect((await mirror.longshore('trash', 'purge', 'documents', '--all')).code).toBe(0);
  expect(existsSync(join(mirror.container, '.longshore/trash'))).toBe(false);
});

test('a restore from the trash works while the daemon runs, which mirrors the restored files', async () => {
  const mirror = openLocalMirror(TRASH);
  for (const path of ['a', 'b']) mirror.write(path);
  const daemon = mirror.daemon();
  await vi.waitFor(() => expect(mirror.objects()).toEqual(['a', 'b']), { timeout: 30_000 });
  rmSync(join(mirror.source, 'a'));
  await vi.waitFor(() => expect(mirror.objects()).toEqual(['b']), {
    timeout: 30_000,
  });
  expect(trashed(mirror)).toEqual(['a: a']);
  expect((await mirror.longshore('trash', 'restore', 'documents', 'a')).code).toBe(0);
  await vi.waitFor(() => expect(readdirSync(mirror.container)).toContain('a'), { timeout: 30_000 });
  await endWhenDone(mirror, daemon);
  expect(filesBelow(mirror.source)).toEqual(['a', 'b']);
  expect(trashed(mirror)).toEqual(['a: a']);
});

test('a restore does not create a missing source', async () => {
  const mirror = openLocalMirror(TRASH);
  for (const path of ['a', 'b']) mirror.write(path);
  await mirror.longshore('reconcile');
  rmSync(join(mirror.source, 'a'));
  await mirror.longshore('reconcile');
  rmSync(mirror.source, { recursive: true });
  const restored = await mirror.longshore('trash', 'restore', 'documents');
  expect(restored.code).toBe(1);
  expect(restored.stderr).toMatch(/mount it, or say where to restore with --to/);
  expect(existsSync(mirror.source)).toBe(false);
});

test('P5: a daemon that is killed while it moves a tree to the trash loses no object, and its next start finishes the move', async () => {
  const mirror = openLocalMirror(`${TRASH}    guard: off\n`);
  const paths = Array.from({ length: 400 }, (_, n) => `tree/${n % 7}/${n}`);
  for (const path of [...paths, 'kept']) mirror.write(path);
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  rmSync(join(mirror.source, 'tree'), { recursive: true });
  const daemon = mirror.daemon();
  await vi.waitFor(() => expect(trashed(mirror).length).toBeGreaterThan(0), {
    timeout: 30_000,
    interval: 1,
  });
  daemon.kill('SIGKILL');
  await daemon.finished;
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  expect(mirror.objects()).toEqual(['kept']);
  expect([...new Set(trashed(mirror))].sort()).toEqual(
    paths.map((path) => `${path}: ${path}`).sort(),
  );
});
