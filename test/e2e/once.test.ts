import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import { eventsOf, summaryOf } from '../world/program.js';

const NONE = { uploaded: 0, copied: 0, deleted: 0, adopted: 0, failed: 0, held: 0, bytes: 0 };

/** Files whose ctime is older than the file system's clock ticks need no second hashing: see isRacy. */
const untilStatsAreOld = () => new Promise((resolve) => setTimeout(resolve, 150));

describe('longshore --reconcile', () => {
  test('P1: mirrors names of every kind byte for byte, and then has nothing to do', async () => {
    const mirror = openLocalMirror();
    const odd = [
      'line\nbreak',
      '-rf',
      'trailing ',
      ' leading',
      '100%',
      'a+b',
      '#x',
      `"'`,
      '\\',
      '\x1b[31m',
      '😀',
      'é',
      'e\u0301',
      '\uffff',
      '\u{10000}',
      'n'.repeat(255),
      '...',
      '~',
      '%2e%2e',
    ];
    for (const name of odd) mirror.write(name);
    for (const name of odd.slice(0, 6))
      mirror.write(
        `${name}/${name}/x`
          .replace('line\nbreak/', 'line\nbreak dir/')
          .replace(/^(-rf|trailing | leading|100%|a\+b|#x)\//, '$1 dir/'),
      );
    mirror.write(`${'d'.repeat(175)}/${'e'.repeat(175)}/${'f'.repeat(175)}/deep`);
    mirror.write('empty', '');
    mirror.write('large', Buffer.alloc(5_000_000, 'longshore'));
    truncateSync(mirror.write('sparse', ''), 3_000_000);
    mkdirSync(join(mirror.source, 'folder without files/inside'), { recursive: true });
    await untilStatsAreOld();

    const first = await mirror.longshore('--reconcile', '--json');
    expect(first.code).toBe(0);
    expect(mirror.differences()).toEqual([]);
    const files = statSync(join(mirror.source, 'large')) && Number(summaryOf(first)['scanned']);
    expect(summaryOf(first)).toMatchObject({
      event: 'summary',
      mirror: 'documents',
      uploaded: files,
      failed: 0,
      skipped: 0,
      unchanged: 0,
    });

    const second = await mirror.longshore('--reconcile', '--json');
    expect(second.code).toBe(0);
    expect(summaryOf(second)).toMatchObject({ ...NONE, scanned: files, unchanged: files });
    const third = await mirror.longshore('scan', '--json');
    expect(third.code).toBe(0);
    expect(summaryOf(third)).toMatchObject({ ...NONE, scanned: files, unchanged: files });
  });

  test('P1: files, folders and links that replace each other are mirrored', async () => {
    const mirror = openLocalMirror();
    mirror.write('file becomes folder');
    mirror.write('folder becomes file/a/b');
    mirror.write('file becomes link');
    mirror.write('folder becomes link/x');
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    const at = (path: string) => join(mirror.source, path);
    rmSync(at('file becomes folder'));
    mirror.write('file becomes folder/inside/now');
    rmSync(at('folder becomes file'), { recursive: true });
    mirror.write('folder becomes file');
    rmSync(at('file becomes link'));
    symlinkSync('/etc/hostname', at('file becomes link'));
    rmSync(at('folder becomes link'), { recursive: true });
    symlinkSync('/etc', at('folder becomes link'));
    const again = await mirror.longshore('scan', '--json');
    // Nothing is deleted behind a link: the folder may only have been moved to another disk. That is said.
    expect(again.code).toBe(3);
    expect(eventsOf(again)).toContainEqual(
      expect.objectContaining({
        event: 'skipped',
        path: 'folder becomes link',
        reason: 'delete-withheld',
      }),
    );
    expect(mirror.differences().sort()).toEqual([
      'file becomes link: -> /etc/hostname | absent',
      expect.stringMatching(/^folder becomes link\/x: absent/),
      'folder becomes link: -> /etc | absent',
    ]);
  });

  test('P6: a run without its state sends nothing again, and the next run has nothing to do', async () => {
    const mirror = openLocalMirror();
    for (let at = 0; at < 50; at += 1) mirror.write(`f${at}`, `content ${at}`);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    rmSync(join(mirror.folder, 'state'), { recursive: true });
    await untilStatsAreOld();
    const again = await mirror.longshore('--reconcile', '--json');
    expect(again.code).toBe(0);
    expect(summaryOf(again)).toMatchObject({ uploaded: 0, adopted: 50, bytes: 0 });
    expect(summaryOf(await mirror.longshore('--reconcile', '--json'))).toMatchObject({
      ...NONE,
      unchanged: 50,
    });
  });

  test('P1: a run corrects times that changed while the state was lost', async () => {
    const mirror = openLocalMirror();
    for (const name of ['touched', 'untouched']) mirror.write(name, 'content');
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    utimesSync(join(mirror.source, 'touched'), 1_000_000_000, 1_000_000_000);
    rmSync(join(mirror.folder, 'state'), { recursive: true });
    await untilStatsAreOld();
    expect(summaryOf(await mirror.longshore('--reconcile', '--json'))).toMatchObject({
      uploaded: 0,
      adopted: 2,
      bytes: 0,
    });
    expect(statSync(join(mirror.container, 'touched')).mtimeMs).toBe(1_000_000_000_000);
    expect(summaryOf(await mirror.longshore('--reconcile', '--json'))).toMatchObject({
      ...NONE,
      unchanged: 2,
    });
  });

  test('P6: a run adopts objects of another tool, with or without checksum and time', async () => {
    const mirror = openLocalMirror();
    for (let at = 0; at < 20; at += 1) mirror.write(`folder/f${at}`, `content ${at}`);
    mirror.write('large', Buffer.alloc(2_000_000, 'x'));
    mkdirSync(join(mirror.folder, 'vault'));
    execFileSync('cp', ['-a', mirror.source, mirror.container]);
    const result = await mirror.longshore('--reconcile', '--json');
    expect(result.code).toBe(0);
    expect(summaryOf(result)).toMatchObject({ uploaded: 0, adopted: 21, bytes: 0 });
    expect(summaryOf(await mirror.longshore('--reconcile', '--json'))).toMatchObject({
      ...NONE,
      unchanged: 21,
    });
  });

  test('a renamed folder is copied within the target, and no byte is sent', async () => {
    const mirror = openLocalMirror();
    for (let at = 0; at < 30; at += 1) mirror.write(`old/f${at}`, `content ${at}`);
    mirror.write('old/large', Buffer.alloc(2_000_000, 'x'));
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    renameSync(join(mirror.source, 'old'), join(mirror.source, 'new'));
    const again = await mirror.longshore('scan', '--json');
    expect(again.code).toBe(0);
    expect(summaryOf(again)).toMatchObject({ uploaded: 0, copied: 31, deleted: 31, bytes: 0 });
    expect(mirror.differences()).toEqual([]);
  });

  test('a changed time updates metadata and uploads nothing; changed content of the same size and time is found', async () => {
    const mirror = openLocalMirror();
    const touched = mirror.write('touched');
    const rewritten = mirror.write('rewritten', 'before');
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    await untilStatsAreOld();
    const { atime, mtime } = statSync(rewritten);
    utimesSync(touched, new Date(1_500_000_000_000), new Date(1_500_000_000_000));
    writeFileSync(rewritten, 'AFTER.');
    utimesSync(rewritten, atime, mtime);
    const again = await mirror.longshore('scan', '--json');
    expect(summaryOf(again)).toMatchObject({ uploaded: 1, bytes: 6, failed: 0 });
    expect(readFileSync(join(mirror.container, 'rewritten'), 'utf8')).toBe('AFTER.');
    expect(statSync(join(mirror.container, 'touched')).mtimeMs).toBe(1_500_000_000_000);
  });

  test('a reconcile repairs drift: it sends objects again that another tool removed or changed', async () => {
    const mirror = openLocalMirror();
    for (const name of ['kept', 'removed', 'changed']) mirror.write(name);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    rmSync(join(mirror.container, 'removed'));
    appendFileSync(join(mirror.container, 'changed'), 'tampered');
    writeFileSync(join(mirror.container, 'foreign'), 'not ours');
    await untilStatsAreOld();
    const again = await mirror.longshore('--reconcile', '--json');
    expect(again.code).toBe(0);
    expect(summaryOf(again)).toMatchObject({ uploaded: 2, unchanged: 1, deleted: 0 });
    expect(mirror.differences()).toEqual([expect.stringMatching(/^foreign: absent/)]);
  });

  test('P4: extraneous objects are kept, reported or deleted, as the mirror is configured', async () => {
    const mirror = openLocalMirror('    extraneous: report\n');
    mirror.write('ours');
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    writeFileSync(join(mirror.container, 'foreign'), 'not ours');
    const reported = await mirror.longshore('--reconcile', '--json');
    expect(eventsOf(reported)).toContainEqual(
      expect.objectContaining({ event: 'skipped', path: 'foreign', reason: 'extraneous' }),
    );
    mirror.writeConfig('    extraneous: delete\n');
    const deleted = await mirror.longshore('--reconcile', '--json');
    expect(deleted.code).toBe(0);
    expect(summaryOf(deleted)).toMatchObject({ deleted: 1 });
    expect(mirror.differences()).toEqual([]);
  });

  test('--dry-run prints the plan, exits 5, and changes nothing', async () => {
    const mirror = openLocalMirror();
    mirror.write('a');
    mirror.write('large', Buffer.alloc(2_000_000, 'x'));
    const plan = await mirror.longshore('--reconcile', '--dry-run', '--json');
    expect(plan.code).toBe(5);
    expect(eventsOf(plan).filter(({ event }) => event === 'planned')).toMatchObject([
      { job: 'upload_object', name: expect.any(String) },
      { job: 'upload_object', name: expect.any(String) },
    ]);
    expect(() => statSync(mirror.container)).toThrow();
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    rmSync(join(mirror.source, 'a'));
    const removal = await mirror.longshore('--reconcile', '--dry-run', '--json');
    expect(removal.code).toBe(5);
    expect(eventsOf(removal)).toContainEqual(
      expect.objectContaining({ event: 'planned', job: 'delete_object', name: 'a' }),
    );
    expect(readFileSync(join(mirror.container, 'a'), 'utf8')).toBe('a');
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    expect((await mirror.longshore('--reconcile', '--dry-run')).code).toBe(0);
  });

  test('P8: a run reports what it cannot mirror, and mirrors the rest', async () => {
    const mirror = openLocalMirror();
    mirror.write('good');
    execFileSync('mkfifo', [join(mirror.source, 'fifo')]);
    const invalid = Buffer.concat([
      Buffer.from(`${mirror.source}/`),
      Buffer.from([0x66, 0xff, 0x66]),
    ]);
    writeFileSync(invalid, 'not UTF-8');
    const result = await mirror.longshore('--reconcile', '--json');
    expect(result.code).toBe(3);
    expect(summaryOf(result)).toMatchObject({ uploaded: 1, failed: 0, skipped: 2 });
    const reasons = eventsOf(result)
      .filter(({ event }) => event === 'skipped')
      .map(({ reason }) => reason);
    expect(reasons.sort()).toEqual(['name-not-utf8', 'special-file']);
  });

  test('a malformed line of a .longshoreignore is reported with file and line, and the other lines hold', async () => {
    const mirror = openLocalMirror();
    mirror.write('sub/.longshoreignore', '# what is made\n*.o\n*.[ch\n\nbuild\\\n');
    for (const name of ['sub/a.o', 'sub/a.c']) mirror.write(name);
    const result = await mirror.longshore('--reconcile');
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr).toMatch(
      /warn malformed pattern mirror=documents path=sub\/.longshoreignore .*detail="line 3: .*never closed/,
    );
    expect(result.stderr).toMatch(
      /^documents: sub\/.longshoreignore: pattern-malformed: line 5: .*backslash/m,
    );
    expect(mirror.differences()).toEqual([expect.stringMatching(/^sub.a.o: .* absent$/)]);
    const json = await mirror.longshore('scan', '--json');
    expect(summaryOf(json)).toMatchObject({ skipped: 0, complete: true });
    expect(eventsOf(json).filter(({ reason }) => reason === 'pattern-malformed')).toHaveLength(2);
  });

  test('a run mirrors hard links as two objects, and obeys exclude and .longshoreignore', async () => {
    const mirror = openLocalMirror('    exclude: ["*.tmp", "node_modules/"]\n');
    linkSync(mirror.write('one', 'twice'), join(mirror.source, 'two'));
    mirror.write('a.tmp');
    mirror.write('node_modules/x');
    mirror.write('sub/.longshoreignore', '*.log\n!keep.log\n');
    mirror.write('sub/x.log');
    mirror.write('sub/keep.log');
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    expect(mirror.differences().map((line) => line.split(':')[0])).toEqual(
      expect.arrayContaining(['a.tmp', 'node_modules/x', 'sub/x.log']),
    );
    expect(mirror.differences()).toHaveLength(3);
  });

  test('symbolic links are preserved as rclone does, or followed inside the source only', async () => {
    const mirror = openLocalMirror('    symlinks: preserve\n');
    mirror.write('real', 'content');
    symlinkSync('real', join(mirror.source, 'link'));
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    expect(readFileSync(join(mirror.container, 'link.rclonelink'), 'utf8')).toBe('real');
    rmSync(join(mirror.source, 'link'));
    expect(summaryOf(await mirror.longshore('scan', '--json'))).toMatchObject({ deleted: 1 });

    const following = openLocalMirror('    symlinks: follow\n');
    following.write('real', 'content');
    symlinkSync('real', join(following.source, 'link'));
    symlinkSync('/etc/hostname', join(following.source, 'outside'));
    symlinkSync('.', join(following.source, 'loop'));
    const result = await following.longshore('--reconcile', '--json');
    expect(result.code).toBe(3);
    expect(readFileSync(join(following.container, 'link'), 'utf8')).toBe('content');
    expect(() => statSync(join(following.container, 'outside'))).toThrow();
  });

  test('an object has the mode and time of its file', async () => {
    const mirror = openLocalMirror();
    const file = mirror.write('script');
    chmodSync(file, 0o750);
    utimesSync(file, 1_234_567_890.123, 1_234_567_890.123);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    const object = statSync(join(mirror.container, 'script'));
    expect(object.mode & 0o777).toBe(0o750);
    expect(object.mtimeMs).toBeCloseTo(1_234_567_890_123, 0);
  });
});

describe('P4: a source in doubt deletes nothing', () => {
  async function mirrored(): Promise<LocalMirror> {
    const mirror = openLocalMirror();
    for (const name of ['a', 'b/c']) mirror.write(name);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    return mirror;
  }

  test('a source that is missing keeps its objects', async () => {
    const mirror = await mirrored();
    renameSync(mirror.source, `${mirror.source}.away`);
    for (const command of ['--reconcile', 'scan']) {
      const result = await mirror.longshore(command);
      expect(result.code).toBe(1);
      expect(result.stdout + result.stderr).toMatch(/source .* does not exist: mount or create it/);
    }
    expect(readFileSync(join(mirror.container, 'b/c'), 'utf8')).toBe('b/c');
  });

  test('a source that is suddenly empty, like a disk that is not mounted, keeps its objects', async () => {
    const mirror = await mirrored();
    renameSync(mirror.source, `${mirror.source}.away`);
    mkdirSync(mirror.source);
    const result = await mirror.longshore('--reconcile', '--json');
    expect(result.code).toBe(3);
    expect(summaryOf(result)).toMatchObject({ deleted: 0 });
    expect(readFileSync(join(mirror.container, 'a'), 'utf8')).toBe('a');
  });

  test('a source that was replaced by another folder deletes and replaces nothing until a person accepts it', async () => {
    const mirror = await mirrored();
    renameSync(mirror.source, `${mirror.source}.away`);
    mirror.write('a', 'another person’s');
    mirror.write('new', 'new');
    const result = await mirror.longshore('--reconcile', '--json');
    expect(result.code).toBe(3);
    expect(summaryOf(result)).toMatchObject({ deleted: 0, uploaded: 1 });
    expect(readFileSync(join(mirror.container, 'a'), 'utf8')).toBe('a');
    expect(readFileSync(join(mirror.container, 'b/c'), 'utf8')).toBe('b/c');
    expect(result.stderr + result.stdout).toContain('longshore accept-source documents');
    expect((await mirror.longshore('accept-source', 'documents')).code).toBe(0);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    expect(mirror.differences()).toEqual([]);
  });

  test('an empty source that a person accepted empties the container', async () => {
    const mirror = await mirrored();
    for (const name of ['a', 'b']) rmSync(join(mirror.source, name), { recursive: true });
    expect((await mirror.longshore('--reconcile')).code).toBe(3);
    expect((await mirror.longshore('accept-source', 'documents')).code).toBe(0);
    expect(summaryOf(await mirror.longshore('--reconcile', '--json'))).toMatchObject({
      deleted: 2,
    });
    expect(mirror.differences()).toEqual([]);
  });

  test('a source that became a file keeps its objects', async () => {
    const mirror = await mirrored();
    renameSync(mirror.source, `${mirror.source}.away`);
    writeFileSync(mirror.source, 'a file');
    const result = await mirror.longshore('--reconcile');
    expect(result.code).toBe(1);
    expect(readFileSync(join(mirror.container, 'a'), 'utf8')).toBe('a');
  });
});

describe('P3: files that change while they are read', () => {
  test('a file that changes without pause is reported as failed, and its object is never torn', async () => {
    const mirror = openLocalMirror();
    mirror.write('calm');
    const growing = mirror.write('growing', Buffer.alloc(4_000_000, 'a'));
    const fd = openSync(growing, 'a');
    const writer = setInterval(() => appendFileSync(fd, 'b'.repeat(1000)), 1);
    const result = await mirror
      .longshore('--reconcile', '--json')
      .finally(() => clearInterval(writer));
    expect(readFileSync(join(mirror.container, 'calm'), 'utf8')).toBe('calm');
    if (result.code === 0) return; // it was read between two writes: whole, and so rightly recorded
    expect(result.code).toBe(3);
    expect(() => statSync(join(mirror.container, 'growing'))).toThrow();
  });
});
