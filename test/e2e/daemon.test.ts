import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { endWhenDone } from '../world/end-when-done.js';
import { eventually } from '../world/eventually.js';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import { eventsOf, type Program } from '../world/program.js';
import { changeAtRandom, seeded } from '../world/tree.js';

/** Links are skipped by these mirrors, and what was behind a folder that became one is kept: neither is a difference. */
function unlinkedDifferences(mirror: LocalMirror): string[] {
  const lines = mirror.differences();
  const links = lines
    .filter((line) => line.includes(': -> '))
    .map((line) => line.slice(0, line.indexOf(': -> ')));
  return lines.filter(
    (line) => !line.includes(': -> ') && !links.some((link) => line.startsWith(`${link}/`)),
  );
}

async function watching(program: Program): Promise<void> {
  await eventually(() => expect(program.stderr()).toMatch(/watching/));
}

describe.each(['chokidar', 'directories', 'scan'])('longshore run, watch: %s', (engine) => {
  const watch =
    engine === 'scan' ? '    watch: scan\n    rescan: 300ms\n' : `    watch: ${engine}\n`;

  test('P1: the daemon follows an ignore file that changes, without a restart', async () => {
    const mirror = openLocalMirror(watch);
    mkdirSync(join(mirror.source, 'build/deep'), { recursive: true });
    writeFileSync(join(mirror.source, '.longshoreignore'), 'build/\n');
    writeFileSync(join(mirror.source, 'build/deep/old'), 'old');
    writeFileSync(join(mirror.source, 'plain'), 'plain');
    const daemon = mirror.daemon();
    await watching(daemon);
    await eventually(() =>
      expect(mirror.differences()).toEqual([expect.stringMatching(/^build.deep.old: .* absent$/)]),
    );
    writeFileSync(join(mirror.source, '.longshoreignore'), '*.tmp\n');
    await eventually(() => expect(mirror.differences()).toEqual([]));
    writeFileSync(join(mirror.source, 'build/deep/new'), 'new');
    writeFileSync(join(mirror.source, 'build/x.tmp'), 'ignored');
    await eventually(() =>
      expect(mirror.differences()).toEqual([expect.stringMatching(/^build.x.tmp: .* absent$/)]),
    );
    expect(daemon.stderr().match(/ mirroring /g)).toHaveLength(1);
    await endWhenDone(mirror, daemon);
  });

  test('P1: the daemon mirrors each kind of change while it runs', async () => {
    const mirror = openLocalMirror(watch);
    writeFileSync(join(mirror.source, 'before'), 'there before the start');
    const daemon = mirror.daemon();
    await watching(daemon);
    await eventually(() => expect(unlinkedDifferences(mirror)).toEqual([]));
    writeFileSync(join(mirror.source, 'new'), 'new');
    mkdirSync(join(mirror.source, 'a/b/c'), { recursive: true });
    writeFileSync(join(mirror.source, 'a/b/c/deep'), 'deep');
    await eventually(() =>
      expect(readFileSync(join(mirror.container, 'a/b/c/deep'), 'utf8')).toBe('deep'),
    );
    appendFileSync(join(mirror.source, 'new'), 'er');
    renameSync(join(mirror.source, 'a'), join(mirror.source, 'moved'));
    rmSync(join(mirror.source, 'before'));
    await eventually(() => expect(unlinkedDifferences(mirror)).toEqual([]));
    expect(() => statSync(join(mirror.container, 'before'))).toThrow();
    await endWhenDone(mirror, daemon);
  });
});

describe('P5: a daemon that crashes', () => {
  test.each([1, 2, 3])(
    'random changes and kill -9 at random moments end in equal trees (seed %i)',
    async (seed) => {
      const mirror = openLocalMirror('    rescan: 0\n    reconcile: 0\n    guard: off\n');
      const outside = join(mirror.folder, 'outside');
      mkdirSync(outside);
      const random = seeded(seed);
      for (let life = 0; life < 4; life += 1) {
        const daemon = mirror.daemon();
        for (let change = 0; change < 60; change += 1) {
          changeAtRandom(mirror.source, outside, random);
          await new Promise((resolve) => setTimeout(resolve, random() * 15));
        }
        await new Promise((resolve) => setTimeout(resolve, random() * 400));
        daemon.kill('SIGKILL');
        await daemon.finished;
      }
      const daemon = mirror.daemon();
      await watching(daemon);
      for (let change = 0; change < 60; change += 1) changeAtRandom(mirror.source, outside, random);
      await eventually(() => expect(unlinkedDifferences(mirror)).toEqual([]));
      daemon.kill('SIGTERM');
      const { code, stderr } = await daemon.finished;
      // 143: a record, or a scan that finds nothing, was still due.
      expect([0, 143], stderr).toContain(code);
      const check = await mirror.longshore('--reconcile', '--dry-run', '--json');
      // Records of what is neither here nor there may be left to forget; the container needs nothing.
      const changes = eventsOf(check).filter(
        ({ event, job }) =>
          event === 'planned' && ['upload', 'copy', 'delete'].includes(String(job)),
      );
      expect(changes).toEqual([]);
      // 3: objects are kept behind folders that became links.
      expect([0, 3]).toContain(check.code);
    },
  );
});

describe('daemon and signals', () => {
  test('a second daemon on the same state says who holds it, and exits 1', async () => {
    const mirror = openLocalMirror();
    const daemon = mirror.daemon();
    await watching(daemon);
    const second = await mirror.longshore('run');
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(String(daemon.child.pid));
    const status = await mirror.longshore('status');
    expect(status.code).toBe(0);
    expect(status.stdout).toContain('documents');
  });

  test('SIGINT drains as SIGTERM does', async () => {
    const mirror = openLocalMirror();
    const daemon = mirror.daemon();
    await watching(daemon);
    daemon.kill('SIGINT');
    expect((await daemon.finished).code).toBe(0);
  });
});

describe('P4: a source that goes away under the daemon', () => {
  test('the daemon deletes nothing, and mirrors again when the source is back', async () => {
    const mirror = openLocalMirror();
    writeFileSync(join(mirror.source, 'a'), 'a');
    const daemon = mirror.daemon();
    await watching(daemon);
    await eventually(() => expect(unlinkedDifferences(mirror)).toEqual([]));
    renameSync(mirror.source, `${mirror.source}.away`);
    await eventually(() => expect(daemon.stderr()).toMatch(/is missing|does not exist/));
    expect(readFileSync(join(mirror.container, 'a'), 'utf8')).toBe('a');
    renameSync(`${mirror.source}.away`, mirror.source);
    writeFileSync(join(mirror.source, 'b'), 'b');
    await eventually(() => expect(unlinkedDifferences(mirror)).toEqual([]));
    await endWhenDone(mirror, daemon);
  });
});
