import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';
import { untilStatsAreOld } from '../world/old-stats.js';
import { eventsOf, summaryOf } from '../world/program.js';

const NONE = { uploaded: 0, copied: 0, deleted: 0, adopted: 0, failed: 0, held: 0, bytes: 0 };

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
});
