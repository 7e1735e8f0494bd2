import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ciphertext } from '../ciphertext.js';
import { endWhenDone } from '../world/end-when-done.js';
import { eventually } from '../world/eventually.js';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';
import {
  FILES,
  fill,
  heldId,
  mirrorStatus,
  objectsLeft,
  PASS,
  untilStatus,
} from './guard-fixture.js';

describe('P4: the guard of a daemon', () => {
  test('most deletes of an rm -rf are held, over kill -9 and a restart, until a person approves them', async () => {
    const mirror = openLocalMirror();
    fill(mirror);
    let daemon = mirror.daemon();
    await eventually(() => expect(mirror.differences()).toEqual([]));
    await untilStatus(mirror, ({ lastReconcile }) => expect(lastReconcile).toBeTruthy());
    rmSync(join(mirror.source, 'folder'), { recursive: true });
    writeFileSync(join(mirror.source, 'new'), 'new');
    await untilStatus(mirror, ({ held, queued }) => {
      expect(held).toBeGreaterThanOrEqual(FILES - PASS);
      expect(queued).toBe(0);
    });
    const left = objectsLeft(mirror);
    expect(left).toBeGreaterThanOrEqual(FILES - PASS);
    await eventually(() => expect(readFileSync(join(mirror.container, 'new'), 'utf8')).toBe('new'));
    expect(daemon.stderr()).toContain('deletes and overwrites are held');
    const id = await heldId(mirror);

    daemon.kill('SIGKILL');
    await daemon.finished;
    daemon = mirror.daemon();
    await untilStatus(mirror, ({ held, lastScan }) => {
      expect(held).toBe(left);
      expect(lastScan).toBeTruthy();
    });
    expect(objectsLeft(mirror)).toBe(left);
    expect(await heldId(mirror)).toBe(id);

    const approved = await mirror.longshore('approve', 'documents', id);
    expect(approved.code, approved.stderr).toBe(0);
    await eventually(() => expect(mirror.differences()).toEqual([]));
    await untilStatus(mirror, ({ held, why }) =>
      expect({ held, why }).toEqual({ held: 0, why: '' }),
    );
    await endWhenDone(mirror, daemon);
  });

  test('overwrites by a script that encrypts are held, and nothing is held once the files are restored', async () => {
    const mirror = openLocalMirror();
    fill(mirror);
    const daemon = mirror.daemon();
    await eventually(() => expect(mirror.differences()).toEqual([]));
    const before = new Map(
      readdirSync(join(mirror.source, 'folder')).map((name) => [
        name,
        readFileSync(join(mirror.source, 'folder', name)),
      ]),
    );
    for (const name of before.keys())
      writeFileSync(join(mirror.source, 'folder', name), ciphertext(600));
    await untilStatus(mirror, ({ held, queued }) => {
      expect(held).toBe(FILES - PASS);
      expect(queued).toBe(0);
    });
    const sound = [...before].filter(([name, content]) =>
      readFileSync(join(mirror.container, 'folder', name)).equals(content),
    );
    expect(sound).toHaveLength(FILES - PASS);
    expect((await mirror.longshore('held')).stdout).toContain('150 overwrites held since');
    for (const [name, content] of before)
      writeFileSync(join(mirror.source, 'folder', name), content);
    await untilStatus(mirror, ({ held }) => expect(held).toBe(0));
    await eventually(() => expect(mirror.differences()).toEqual([]));
    await endWhenDone(mirror, daemon);
  });

  test('a renamed folder does not count as a mass of deletes', async () => {
    const mirror = openLocalMirror();
    fill(mirror);
    const daemon = mirror.daemon();
    await eventually(() => expect(mirror.differences()).toEqual([]));
    await untilStatus(mirror, ({ lastReconcile }) => expect(lastReconcile).toBeTruthy());
    renameSync(join(mirror.source, 'folder'), join(mirror.source, 'renamed'));
    await eventually(() => expect(mirror.differences()).toEqual([]));
    expect(daemon.stderr()).not.toContain('are held');
    await endWhenDone(mirror, daemon);
  });
});

test('P1: a file that could not replace held objects is uploaded once nothing is held', async () => {
  const mirror = openLocalMirror(
    '    rescan: 0\n    guard: { count: 0, percentage: 0%, at_least: 0 }\n',
  );
  const names = Array.from({ length: 20 }, (_, at) => `${at}`);
  for (const name of names) {
    mkdirSync(join(mirror.source, name));
    writeFileSync(join(mirror.source, name, 'inside'), `inside ${name}`);
  }
  const daemon = mirror.daemon();
  await eventually(() => expect(daemon.stderr()).toMatch(/run finished .*run=reconcile/));
  for (const name of names) {
    renameSync(join(mirror.source, name, 'inside'), join(mirror.source, `moved ${name}`));
    rmSync(join(mirror.source, name), { recursive: true });
    writeFileSync(join(mirror.source, name), `now a file, ${name}`);
  }
  await eventually(() => expect(mirror.differences()).toEqual([]));
  // An object is gone before its record is.
  await eventually(async () => expect(await mirrorStatus(mirror)).toMatchObject({ held: 0 }));
  await endWhenDone(mirror, daemon);
});
