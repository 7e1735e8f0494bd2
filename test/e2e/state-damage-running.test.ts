import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { endWhenDone } from '../world/end-when-done.js';
import { eventually } from '../world/eventually.js';
import {
  type LocalMirror,
  type MirrorOptions,
  openLocalMirror,
} from '../world/mirror-in-a-folder.js';
import { type Program, summaryOf } from '../world/program.js';
import { mayMount } from '../world/rights.js';
import { flipBit } from '../world/tree.js';

const FILES = 40;
const LONG = 60_000;

function openFilled(options: MirrorOptions): LocalMirror {
  const mirror = openLocalMirror('', { ...options, unprivileged: true });
  for (let at = 0; at < FILES; at += 1) mirror.write(`file ${at}`, `content ${at}`);
  return mirror;
}

/** A daemon that has mirrored everything, and said so. */
async function inSync(mirror: LocalMirror): Promise<Program> {
  const daemon = mirror.daemon();
  await eventually(() => expect(daemon.stderr()).toMatch(/run finished .*run=reconcile/), LONG);
  expect(mirror.differences()).toEqual([]);
  return daemon;
}

async function statusOf(mirror: LocalMirror): Promise<Record<string, unknown>> {
  const { stdout } = await mirror.longshore('status', '--json');
  return (JSON.parse(stdout) as { mirrors: [Record<string, unknown>] }).mirrors[0];
}

/** Expects that no object was put again but those that changed. */
function expectNotSentAgain(
  mirror: LocalMirror,
  before: ReadonlyMap<string, bigint>,
  changed: readonly string[],
): void {
  const now = mirror.inodes();
  for (const [name, inode] of before)
    if (!changed.includes(name)) expect([name, now.get(name)]).toEqual([name, inode]);
}

describe('damage under a running daemon', () => {
  test.each([
    [
      'lmdb',
      'a record',
      (mirror: LocalMirror) =>
        flipBit(mirror.index, readFileSync(mirror.index).lastIndexOf('file 11') + 12),
    ],
    ['lmdb', 'the whole file', (mirror: LocalMirror) => rmSync(mirror.index)],
    [
      'lowdb',
      'a record',
      (mirror: LocalMirror) =>
        flipBit(mirror.index, readFileSync(mirror.index).indexOf('"file 11"') + 60),
    ],
    ['lowdb', 'the whole file', (mirror: LocalMirror) => rmSync(mirror.index)],
  ] as const)(
    'P4, P6: %s, %s: the daemon ends and says what, where and what to do; its next start repairs it',
    async (engine, _, damage) => {
      const mirror = openFilled({ index: engine, mirror: '    reconcile: 1s\n' });
      const daemon = await inSync(mirror);
      const before = mirror.inodes();
      damage(mirror);
      const { code, stderr } = await daemon.finished;
      expect(code, stderr).toBe(1); // systemd restarts it then
      expect(stderr).toMatch(/ error the daemon ends error=/);
      expect(stderr).toMatch(
        /^longshore: mirror documents: .*index\.(mdb|json): .*\. Start longshore again: it sets the damaged file aside/m,
      );
      expect([...mirror.inodes()]).toEqual([...before]);

      mirror.write('file 12', 'changed since');
      rmSync(join(mirror.source, 'file 13'));
      const healed = mirror.daemon();
      await eventually(() => expect(healed.stderr()).toMatch(/run finished .*run=reconcile/), LONG);
      expect(healed.stderr()).toMatch(
        / warn state rebuilt .*until="the next reconcile has finished, nothing is deleted"/,
      );
      // The record of the removed file was lost, so its object counts as extraneous: it is kept.
      expect(mirror.differences()).toEqual([expect.stringMatching(/^file 13: absent/)]);
      expectNotSentAgain(mirror, before, ['file 12']);
      await endWhenDone(mirror, healed);
    },
    180_000,
  );

  test('a change of a file whose record is damaged ends the daemon as well, before it stats another file', async () => {
    const mirror = openFilled({ index: 'lmdb', mirror: '    rescan: 0\n' });
    const daemon = await inSync(mirror);
    flipBit(mirror.index, readFileSync(mirror.index).lastIndexOf('file 11') + 12);
    mirror.write('file 11', 'changed');
    const { code, stderr } = await daemon.finished;
    expect(code, stderr).toBe(1);
    expect(stderr).toContain(`${mirror.index}: the record of "file 11" is damaged`);
    const again = await mirror.longshore('--reconcile', '--json');
    expect(again.code, again.stderr).toBe(0);
    expect(summaryOf(again)).toMatchObject({ uploaded: 1, adopted: FILES - 1, deleted: 0 });
    expect(mirror.differences()).toEqual([]);
  });
});

// Mounting needs root: elsewhere these are shown as skipped.
describe.skipIf(!mayMount()).each(['lmdb', 'lowdb'] as const)(
  'a full disk under the state folder, engine %s',
  (engine) => {
    const ballast = (mirror: LocalMirror) => join(mirror.state, 'ballast');

    function fill(mirror: LocalMirror): void {
      const { bavail, bsize } = statfsSync(mirror.state);
      writeFileSync(ballast(mirror), Buffer.alloc(Math.max(0, bavail * bsize)));
    }

    test('P5: a daemon says so once and waits, burns no attempt, and goes on by itself when there is room', async () => {
      const mirror = openFilled({
        index: engine,
        mirror: '    rescan: 1s\n',
        stateBytes: 4 * 2 ** 20,
      });
      const daemon = await inSync(mirror);
      const before = mirror.inodes();
      fill(mirror);
      for (let at = 0; at < 30; at += 1) mirror.write(`new ${at}`, `new ${at}`);
      rmSync(join(mirror.source, 'file 7'));
      await eventually(
        async () => expect(await statusOf(mirror)).toMatchObject({ state: 'state-unavailable' }),
        LONG,
      );
      const { why } = await statusOf(mirror);
      expect(why).toContain(mirror.state);
      expect(why).toMatch(/cannot be written|KiB are free on its file system/);
      expectNotSentAgain(mirror, before, ['file 7']);
      // Looks again and again, and the disk is still full.
      await eventually(
        async () => expect(String((await statusOf(mirror))['why'])).toMatch(/ENOSPC/),
        LONG,
      );
      expect(await statusOf(mirror)).toMatchObject({
        state: 'state-unavailable',
        quarantined: [],
        totals: { failed: 0 },
      });
      expect(daemon.stderr()).not.toContain('object failed');
      expect(daemon.stderr().match(/mirror waits/g)).toHaveLength(1);

      rmSync(ballast(mirror));
      await eventually(() => expect(mirror.differences()).toEqual([]), LONG);
      await eventually(
        async () => expect(await statusOf(mirror)).toMatchObject({ state: 'in-sync', why: '' }),
        LONG,
      );
      expectNotSentAgain(mirror, before, ['file 7']);
      daemon.kill('SIGTERM');
      expect((await daemon.finished).code).toBe(0);
      const after = await mirror.longshore('scan', '--json');
      expect(summaryOf(after)).toMatchObject({ uploaded: 0, adopted: 0, deleted: 0 });
    }, 180_000);

    test('P5, P6: a one-shot run that fills it fails and says so; with free space the next run sends only what is missing', async () => {
      const mirror = openFilled({
        index: engine,
        stateBytes: (engine === 'lmdb' ? 2_048 : 480) * 1024,
      });
      // More than there is room for, however few commits record them: each commit of LMDB takes pages of its own.
      const many = engine === 'lmdb' ? 5_000 : 1_500;
      const some = 200;
      const writeUpTo = (end: number, from: number) => {
        for (let at = from; at < end; at += 1)
          mirror.write(`${'a long name '.repeat(10)}${at}`, String(at));
      };
      // For these there is room, also when all are recorded in one commit.
      writeUpTo(some, 0);
      const first = await mirror.longshore('--reconcile', '--json');
      expect(first.code, first.stderr).toBe(0);
      writeUpTo(many, some);
      const failed = await mirror.longshore('--reconcile', '--json');
      expect(failed.code, failed.stderr).toBe(1);
      expect(String(summaryOf(failed)['error'])).toContain(mirror.state);
      expect(String(summaryOf(failed)['error'])).toMatch(/ENOSPC|KiB are free/);
      const before = mirror.inodes();
      expect(before.size).toBeGreaterThanOrEqual(some + FILES);
      spawnSync('mount', ['-o', 'remount,size=64m', mirror.state]);
      const again = await mirror.longshore('--reconcile', '--json');
      expect(again.code, again.stderr).toBe(0);
      expect(mirror.differences()).toEqual([]);
      expect(Number(summaryOf(again)['uploaded'])).toBe(many + FILES - before.size);
      expectNotSentAgain(mirror, before, []);
    }, 180_000);

    test('P6: a start on a full disk fails with the file and the reason, and nothing is lost', async () => {
      const mirror = openFilled({ index: engine, stateBytes: 4 * 2 ** 20 });
      expect((await mirror.longshore('--reconcile')).code).toBe(0);
      const before = mirror.inodes();
      fill(mirror);
      for (const command of ['--reconcile', 'run']) {
        const { code, stderr } = await mirror.longshore(command);
        expect(code, stderr).toBe(1);
        expect(stderr).toContain(mirror.state);
        expect(stderr).toContain('ENOSPC');
      }
      expect([...mirror.inodes()]).toEqual([...before]);
      rmSync(ballast(mirror));
      const again = await mirror.longshore('--reconcile', '--json');
      expect(again.code, again.stderr).toBe(0);
      expect(summaryOf(again)).toMatchObject({
        unchanged: FILES,
        uploaded: 0,
        adopted: 0,
        deleted: 0,
      });
      expect(readdirSync(mirror.state).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    });
  },
);
