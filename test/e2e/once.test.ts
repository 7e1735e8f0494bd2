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
    const place = openLocalMirror();
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
    for (const name of odd) place.write(name);
    for (const name of odd.slice(0, 6))
      place.write(
        `${name}/${name}/x`
          .replace('line\nbreak/', 'line\nbreak dir/')
          .replace(/^(-rf|trailing | leading|100%|a\+b|#x)\//, '$1 dir/'),
      );
    place.write(`${'d'.repeat(175)}/${'e'.repeat(175)}/${'f'.repeat(175)}/deep`);
    place.write('empty', '');
    place.write('large', Buffer.alloc(5_000_000, 'longshore'));
    truncateSync(place.write('sparse', ''), 3_000_000);
    mkdirSync(join(place.source, 'folder without files/inside'), { recursive: true });
    await untilStatsAreOld();

    const first = await place.longshore('--reconcile', '--json');
    expect(first.code).toBe(0);
    expect(place.differences()).toEqual([]);
    const files = statSync(join(place.source, 'large')) && Number(summaryOf(first)['scanned']);
    expect(summaryOf(first)).toMatchObject({
      event: 'summary',
      mirror: 'documents',
      uploaded: files,
      failed: 0,
      skipped: 0,
      unchanged: 0,
    });

    const second = await place.longshore('--reconcile', '--json');
    expect(second.code).toBe(0);
    expect(summaryOf(second)).toMatchObject({ ...NONE, scanned: files, unchanged: files });
    const third = await place.longshore('scan', '--json');
    expect(third.code).toBe(0);
    expect(summaryOf(third)).toMatchObject({ ...NONE, scanned: files, unchanged: files });
  });

  test('P1: files, folders and links that replace each other are mirrored', async () => {
    const place = openLocalMirror();
    place.write('file becomes folder');
    place.write('folder becomes file/a/b');
    place.write('file becomes link');
    place.write('folder becomes link/x');
    expect((await place.longshore('--reconcile')).code).toBe(0);
    const at = (path: string) => join(place.source, path);
    rmSync(at('file becomes folder'));
    place.write('file becomes folder/inside/now');
    rmSync(at('folder becomes file'), { recursive: true });
    place.write('folder becomes file');
    rmSync(at('file becomes link'));
    symlinkSync('/etc/hostname', at('file becomes link'));
    rmSync(at('folder becomes link'), { recursive: true });
    symlinkSync('/etc', at('folder becomes link'));
    const again = await place.longshore('scan', '--json');
    // Nothing is deleted behind a link: the folder may only have been moved to another disk. That is said.
    expect(again.code).toBe(3);
    expect(eventsOf(again)).toContainEqual(
      expect.objectContaining({
        event: 'skipped',
        path: 'folder becomes link',
        reason: 'delete-withheld',
      }),
    );
    expect(place.differences().sort()).toEqual([
      'file becomes link: -> /etc/hostname | absent',
      expect.stringMatching(/^folder becomes link\/x: absent/),
      'folder becomes link: -> /etc | absent',
    ]);
  });

  test('P6: a run without its state sends nothing again, and the next run has nothing to do', async () => {
    const place = openLocalMirror();
    for (let at = 0; at < 50; at += 1) place.write(`f${at}`, `content ${at}`);
    expect((await place.longshore('--reconcile')).code).toBe(0);
    rmSync(join(place.folder, 'state'), { recursive: true });
    await untilStatsAreOld();
    const again = await place.longshore('--reconcile', '--json');
    expect(again.code).toBe(0);
    expect(summaryOf(again)).toMatchObject({ uploaded: 0, adopted: 50, bytes: 0 });
    expect(summaryOf(await place.longshore('--reconcile', '--json'))).toMatchObject({
      ...NONE,
      unchanged: 50,
    });
  });

  test('P1: a run corrects times that changed while the state was lost', async () => {
    const place = openLocalMirror();
    for (const name of ['touched', 'untouched']) place.write(name, 'content');
    expect((await place.longshore('--reconcile')).code).toBe(0);
    utimesSync(join(place.source, 'touched'), 1_000_000_000, 1_000_000_000);
    rmSync(join(place.folder, 'state'), { recursive: true });
    await untilStatsAreOld();
    expect(summaryOf(await place.longshore('--reconcile', '--json'))).toMatchObject({
      uploaded: 0,
      adopted: 2,
      bytes: 0,
    });
    expect(statSync(join(place.container, 'touched')).mtimeMs).toBe(1_000_000_000_000);
    expect(summaryOf(await place.longshore('--reconcile', '--json'))).toMatchObject({
      ...NONE,
      unchanged: 2,
    });
  });

  test('P6: a run adopts objects of another tool, with or without checksum and time', async () => {
    const place = openLocalMirror();
    for (let at = 0; at < 20; at += 1) place.write(`folder/f${at}`, `content ${at}`);
    place.write('large', Buffer.alloc(2_000_000, 'x'));
    mkdirSync(join(place.folder, 'vault'));
    execFileSync('cp', ['-a', place.source, place.container]);
    const result = await place.longshore('--reconcile', '--json');
    expect(result.code).toBe(0);
    expect(summaryOf(result)).toMatchObject({ uploaded: 0, adopted: 21, bytes: 0 });
    expect(summaryOf(await place.longshore('--reconcile', '--json'))).toMatchObject({
      ...NONE,
      unchanged: 21,
    });
  });

  test('a renamed folder is copied within the target, and no byte is sent', async () => {
    const place = openLocalMirror();
    for (let at = 0; at < 30; at += 1) place.write(`old/f${at}`, `content ${at}`);
    place.write('old/large', Buffer.alloc(2_000_000, 'x'));
    expect((await place.longshore('--reconcile')).code).toBe(0);
    renameSync(join(place.source, 'old'), join(place.source, 'new'));
    const again = await place.longshore('scan', '--json');
    expect(again.code).toBe(0);
    expect(summaryOf(again)).toMatchObject({ uploaded: 0, copied: 31, deleted: 31, bytes: 0 });
    expect(place.differences()).toEqual([]);
  });

  test('a changed time updates metadata and uploads nothing; changed content of the same size and time is found', async () => {
    const place = openLocalMirror();
    const touched = place.write('touched');
    const rewritten = place.write('rewritten', 'before');
    expect((await place.longshore('--reconcile')).code).toBe(0);
    await untilStatsAreOld();
    const { atime, mtime } = statSync(rewritten);
    utimesSync(touched, new Date(1_500_000_000_000), new Date(1_500_000_000_000));
    writeFileSync(rewritten, 'AFTER.');
    utimesSync(rewritten, atime, mtime);
    const again = await place.longshore('scan', '--json');
    expect(summaryOf(again)).toMatchObject({ uploaded: 1, bytes: 6, failed: 0 });
    expect(readFileSync(join(place.container, 'rewritten'), 'utf8')).toBe('AFTER.');
    expect(statSync(join(place.container, 'touched')).mtimeMs).toBe(1_500_000_000_000);
  });

  test('a reconcile repairs drift: it sends objects again that another tool removed or changed', async () => {
    const place = openLocalMirror();
    for (const name of ['kept', 'removed', 'changed']) place.write(name);
    expect((await place.longshore('--reconcile')).code).toBe(0);
    rmSync(join(place.container, 'removed'));
    appendFileSync(join(place.container, 'changed'), 'tampered');
    writeFileSync(join(place.container, 'foreign'), 'not ours');
    await untilStatsAreOld();
    const again = await place.longshore('--reconcile', '--json');
    expect(again.code).toBe(0);
    expect(summaryOf(again)).toMatchObject({ uploaded: 2, unchanged: 1, deleted: 0 });
    expect(place.differences()).toEqual([expect.stringMatching(/^foreign: absent/)]);
  });

  test('P4: extraneous objects are kept, reported or deleted, as the mirror is configured', async () => {
    const place = openLocalMirror('    extraneous: report\n');
    place.write('ours');
    expect((await place.longshore('--reconcile')).code).toBe(0);
    writeFileSync(join(place.container, 'foreign'), 'not ours');
    const reported = await place.longshore('--reconcile', '--json');
    expect(eventsOf(reported)).toContainEqual(
      expect.objectContaining({ event: 'skipped', path: 'foreign', reason: 'extraneous' }),
    );
    place.writeConfig('    extraneous: delete\n');
    const deleted = await place.longshore('--reconcile', '--json');
    expect(deleted.code).toBe(0);
    expect(summaryOf(deleted)).toMatchObject({ deleted: 1 });
    expect(place.differences()).toEqual([]);
  });

  test('--dry-run prints the plan, exits 5, and changes nothing', async () => {
    const place = openLocalMirror();
    place.write('a');
    place.write('large', Buffer.alloc(2_000_000, 'x'));
    const plan = await place.longshore('--reconcile', '--dry-run', '--json');
    expect(plan.code).toBe(5);
    expect(eventsOf(plan).filter(({ event }) => event === 'planned')).toMatchObject([
      { job: 'upload_object', name: expect.any(String) },
      { job: 'upload_object', name: expect.any(String) },
    ]);
    expect(() => statSync(place.container)).toThrow();
    expect((await place.longshore('--reconcile')).code).toBe(0);
    rmSync(join(place.source, 'a'));
    const removal = await place.longshore('--reconcile', '--dry-run', '--json');
    expect(removal.code).toBe(5);
    expect(eventsOf(removal)).toContainEqual(
      expect.objectContaining({ event: 'planned', job: 'delete_object', name: 'a' }),
    );
    expect(readFileSync(join(place.container, 'a'), 'utf8')).toBe('a');
    expect((await place.longshore('--reconcile')).code).toBe(0);
    expect((await place.longshore('--reconcile', '--dry-run')).code).toBe(0);
  });

  test('P8: a run reports what it cannot mirror, and mirrors the rest', async () => {
    const place = openLocalMirror();
    place.write('good');
    execFileSync('mkfifo', [join(place.source, 'fifo')]);
    const invalid = Buffer.concat([
      Buffer.from(`${place.source}/`),
      Buffer.from([0x66, 0xff, 0x66]),
    ]);
    writeFileSync(invalid, 'not UTF-8');
    const result = await place.longshore('--reconcile', '--json');
    expect(result.code).toBe(3);
    expect(summaryOf(result)).toMatchObject({ uploaded: 1, failed: 0, skipped: 2 });
    const reasons = eventsOf(result)
      .filter(({ event }) => event === 'skipped')
      .map(({ reason }) => reason);
    expect(reasons.sort()).toEqual(['name-not-utf8', 'special-file']);
  });

  test('a malformed line of a .longshoreignore is reported with file and line, and the other lines hold', async () => {
    const place = openLocalMirror();
    place.write('sub/.longshoreignore', '# what is made\n*.o\n*.[ch\n\nbuild\\\n');
    for (const name of ['sub/a.o', 'sub/a.c']) place.write(name);
    const result = await place.longshore('--reconcile');
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr).toMatch(
      /warn malformed pattern mirror=documents path=sub\/.longshoreignore .*detail="line 3: .*never closed/,
    );
    expect(result.stderr).toMatch(
      /^documents: sub\/.longshoreignore: pattern-malformed: line 5: .*backslash/m,
    );
    expect(place.differences()).toEqual([expect.stringMatching(/^sub.a.o: .* absent$/)]);
    const json = await place.longshore('scan', '--json');
    expect(summaryOf(json)).toMatchObject({ skipped: 0, complete: true });
    expect(eventsOf(json).filter(({ reason }) => reason === 'pattern-malformed')).toHaveLength(2);
  });

  test('a run mirrors hard links as two objects, and obeys exclude and .longshoreignore', async () => {
    const place = openLocalMirror('    exclude: ["*.tmp", "node_modules/"]\n');
    linkSync(place.write('one', 'twice'), join(place.source, 'two'));
    place.write('a.tmp');
    place.write('node_modules/x');
    place.write('sub/.longshoreignore', '*.log\n!keep.log\n');
    place.write('sub/x.log');
    place.write('sub/keep.log');
    expect((await place.longshore('--reconcile')).code).toBe(0);
    expect(place.differences().map((line) => line.split(':')[0])).toEqual(
      expect.arrayContaining(['a.tmp', 'node_modules/x', 'sub/x.log']),
    );
    expect(place.differences()).toHaveLength(3);
  });

  test('symbolic links are preserved as rclone does, or followed inside the source only', async () => {
    const place = openLocalMirror('    symlinks: preserve\n');
    place.write('real', 'content');
    symlinkSync('real', join(place.source, 'link'));
    expect((await place.longshore('--reconcile')).code).toBe(0);
    expect(readFileSync(join(place.container, 'link.rclonelink'), 'utf8')).toBe('real');
    rmSync(join(place.source, 'link'));
    expect(summaryOf(await place.longshore('scan', '--json'))).toMatchObject({ deleted: 1 });

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
    const place = openLocalMirror();
    const file = place.write('script');
    chmodSync(file, 0o750);
    utimesSync(file, 1_234_567_890.123, 1_234_567_890.123);
    expect((await place.longshore('--reconcile')).code).toBe(0);
    const object = statSync(join(place.container, 'script'));
    expect(object.mode & 0o777).toBe(0o750);
    expect(object.mtimeMs).toBeCloseTo(1_234_567_890_123, 0);
  });
});

describe('P4: a source in doubt deletes nothing', () => {
  async function mirrored(): Promise<LocalMirror> {
    const place = openLocalMirror();
    for (const name of ['a', 'b/c']) place.write(name);
    expect((await place.longshore('--reconcile')).code).toBe(0);
    return place;
  }

  test('a source that is missing keeps its objects', async () => {
    const place = await mirrored();
    renameSync(place.source, `${place.source}.away`);
    for (const command of ['--reconcile', 'scan']) {
      const result = await place.longshore(command);
      expect(result.code).toBe(1);
      expect(result.stdout + result.stderr).toMatch(/source .* does not exist: mount or create it/);
    }
    expect(readFileSync(join(place.container, 'b/c'), 'utf8')).toBe('b/c');
  });

  test('a source that is suddenly empty, like a disk that is not mounted, keeps its objects', async () => {
    const place = await mirrored();
    renameSync(place.source, `${place.source}.away`);
    mkdirSync(place.source);
    const result = await place.longshore('--reconcile', '--json');
    expect(result.code).toBe(3);
    expect(summaryOf(result)).toMatchObject({ deleted: 0 });
    expect(readFileSync(join(place.container, 'a'), 'utf8')).toBe('a');
  });

  test('a source that was replaced by another folder deletes and replaces nothing until a person accepts it', async () => {
    const place = await mirrored();
    renameSync(place.source, `${place.source}.away`);
    place.write('a', 'another person’s');
    place.write('new', 'new');
    const result = await place.longshore('--reconcile', '--json');
    expect(result.code).toBe(3);
    expect(summaryOf(result)).toMatchObject({ deleted: 0, uploaded: 1 });
    expect(readFileSync(join(place.container, 'a'), 'utf8')).toBe('a');
    expect(readFileSync(join(place.container, 'b/c'), 'utf8')).toBe('b/c');
    expect(result.stderr + result.stdout).toContain('longshore accept-source documents');
    expect((await place.longshore('accept-source', 'documents')).code).toBe(0);
    expect((await place.longshore('--reconcile')).code).toBe(0);
    expect(place.differences()).toEqual([]);
  });

  test('an empty source that a person accepted empties the container', async () => {
    const place = await mirrored();
    for (const name of ['a', 'b']) rmSync(join(place.source, name), { recursive: true });
    expect((await place.longshore('--reconcile')).code).toBe(3);
    expect((await place.longshore('accept-source', 'documents')).code).toBe(0);
    expect(summaryOf(await place.longshore('--reconcile', '--json'))).toMatchObject({ deleted: 2 });
    expect(place.differences()).toEqual([]);
  });

  test('a source that became a file keeps its objects', async () => {
    const place = await mirrored();
    renameSync(place.source, `${place.source}.away`);
    writeFileSync(place.source, 'a file');
    const result = await place.longshore('--reconcile');
    expect(result.code).toBe(1);
    expect(readFileSync(join(place.container, 'a'), 'utf8')).toBe('a');
  });
});

describe('P3: files that change while they are read', () => {
  test('a file that changes without pause is reported as failed, and its object is never torn', async () => {
    const place = openLocalMirror();
    place.write('calm');
    const growing = place.write('growing', Buffer.alloc(4_000_000, 'a'));
    const fd = openSync(growing, 'a');
    const writer = setInterval(() => appendFileSync(fd, 'b'.repeat(1000)), 1);
    const result = await place
      .longshore('--reconcile', '--json')
      .finally(() => clearInterval(writer));
    expect(readFileSync(join(place.container, 'calm'), 'utf8')).toBe('calm');
    if (result.code === 0) return; // it was read between two writes: whole, and so rightly recorded
    expect(result.code).toBe(3);
    expect(() => statSync(join(place.container, 'growing'))).toThrow();
  });
});
