import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';
import { untilStatsAreOld } from '../world/old-stats.js';
import { eventsOf, summaryOf } from '../world/program.js';

const NONE = { uploaded: 0, copied: 0, deleted: 0, adopted: 0, failed: 0, held: 0, bytes: 0 };

describe('longshore --reconcile, when it runs again', () => {
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
});
