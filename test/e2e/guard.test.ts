import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ciphertext } from '../ciphertext.js';
import { eventually } from '../world/eventually.js';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import { eventsOf, summaryOf } from '../world/program.js';

// Of 200 files and one more, 50 may go within an hour: 20 % are fewer than at_least.
const FILES = 200;
const PASS = 50;

function fill(mirror: LocalMirror): void {
  mkdirSync(join(mirror.source, 'folder'));
  for (let at = 0; at < FILES; at += 1)
    writeFileSync(
      join(mirror.source, 'folder', `f${at}`),
      `content of file ${at}, ${'x'.repeat(300)}`,
    );
  writeFileSync(join(mirror.source, 'kept'), 'kept');
}

function objectsLeft(mirror: LocalMirror): number {
  return existsSync(join(mirror.container, 'folder'))
    ? readdirSync(join(mirror.container, 'folder')).length
    : 0;
}

async function heldId(mirror: LocalMirror): Promise<string> {
  return String(summaryOf(await mirror.longshore('held', 'documents', '--json'))['id']);
}

async function mirrorStatus(mirror: LocalMirror): Promise<Record<string, unknown>> {
  const { stdout } = await mirror.longshore('status', '--json');
  return (JSON.parse(stdout) as { mirrors: Record<string, unknown>[] }).mirrors[0] ?? {};
}

/** Asks again and again until the daemon's mirror is as it should be. */
async function untilStatus(
  mirror: LocalMirror,
  check: (mirror: Record<string, unknown>) => void,
): Promise<void> {
  let last: Record<string, unknown> = {};
  let asking = true;
  const watch = (async () => {
    while (asking) {
      last = await mirrorStatus(mirror).catch(() => last);
    }
  })();
  try {
    await eventually(() => check(last));
  } finally {
    asking = false;
    await watch;
  }
}

describe('P4: the guard of one-shot runs', () => {
  test('a mass of deletes is held before the first is made, reported, and made once a person approves it', async () => {
    const mirror = openLocalMirror();
    fill(mirror);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    rmSync(join(mirror.source, 'folder'), { recursive: true });
    writeFileSync(join(mirror.source, 'new'), 'new');

    const dry = await mirror.longshore('scan', '--dry-run', '--json');
    expect(dry.code).toBe(4);
    expect(summaryOf(dry)).toMatchObject({ held: FILES, deleted: 0 });
    expect(eventsOf(dry).filter(({ event }) => event === 'held')).toHaveLength(FILES);
    expect((await mirror.longshore('held')).code).toBe(0);

    for (const command of ['scan', 'reconcile']) {
      const run = await mirror.longshore(command);
      expect(run.code, run.stderr).toBe(4);
      expect(run.stderr).toContain('longshore held documents');
      expect(objectsLeft(mirror)).toBe(FILES);
    }
    expect(readFileSync(join(mirror.container, 'new'), 'utf8')).toBe('new');

    const held = await mirror.longshore('held', 'documents');
    expect(held.code).toBe(4);
    expect(held.stdout).toContain('200 deletes held since');
    const listed = eventsOf(await mirror.longshore('held', '--json'));
    expect(listed.filter(({ event }) => event === 'held').map(({ name }) => name)).toHaveLength(
      FILES,
    );

    const wrong = await mirror.longshore('approve', 'documents', '0123456789ab');
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('look at it again');
    const id = await heldId(mirror);
    expect(held.stdout).toContain(`longshore approve documents ${id}`);
    expect((await mirror.longshore('approve', 'documents', id)).code).toBe(0);
    const run = await mirror.longshore('scan', '--json');
    expect(run.code).toBe(0);
    expect(summaryOf(run)).toMatchObject({ deleted: FILES, held: 0 });
    expect(mirror.differences()).toEqual([]);
  });

  test('many runs with few deletes each are held like one run with all of them', async () => {
    const mirror = openLocalMirror();
    fill(mirror);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    const codes: (number | string)[] = [];
    for (let run = 0; run < 4; run += 1) {
      for (let at = run * 20; at < (run + 1) * 20; at += 1)
        rmSync(join(mirror.source, 'folder', `f${at}`));
      codes.push((await mirror.longshore('scan')).code);
    }
    expect(codes).toEqual([0, 0, 4, 4]);
    expect(objectsLeft(mirror)).toBe(FILES - 40);
  });

  test('rejected deletes keep their objects; the rejection ends when the files are back', async () => {
    const mirror = openLocalMirror();
    fill(mirror);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    renameSync(join(mirror.source, 'folder'), join(mirror.folder, 'aside'));
    expect((await mirror.longshore('scan')).code).toBe(4);
    expect((await mirror.longshore('reject', 'documents', await heldId(mirror))).code).toBe(0);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    expect(objectsLeft(mirror)).toBe(FILES);
    // Taken back, they are due again.
    expect((await mirror.longshore('reject', 'documents', '--undo')).code).toBe(0);
    expect((await mirror.longshore('scan')).code).toBe(4);
    renameSync(join(mirror.folder, 'aside'), join(mirror.source, 'folder'));
    expect((await mirror.longshore('scan')).code).toBe(0);
    expect((await mirror.longshore('held')).stdout).toContain('nothing is held');
    expect(mirror.differences()).toEqual([]);
  });

  test('P4: extraneous objects whose delete was rejected stay, however few they are in the next run', async () => {
    const mirror = openLocalMirror(
      '    extraneous: delete\n    guard: { count: 5, percentage: 100%, at_least: 1 }\n',
    );
    mirror.write('mine');
    await mirror.longshore('reconcile');
    const names = Array.from({ length: 6 }, (_, at) => `foreign ${at}`);
    for (const name of names) writeFileSync(join(mirror.container, name), name);
    expect((await mirror.longshore('reconcile')).code).toBe(4);
    expect((await mirror.longshore('held', 'documents')).stdout).toMatch(
      /delete 6 objects .*; their names: longshore reconcile documents --dry-run/,
    );
    expect((await mirror.longshore('reject', 'documents', await heldId(mirror))).stdout).toMatch(
      /6 rejected; the objects are kept/,
    );
    const next = await mirror.longshore('reconcile', '--json');
    expect([
      next.code,
      next.stdout.match(/its delete was rejected; to be asked again: longshore reject --undo/g)
        ?.length,
    ]).toEqual([0, 6]);
    // One object fewer: the guard cannot know whether it is one of the rejected ones, so it asks a person.
    rmSync(join(mirror.container, 'foreign 0'));
    expect((await mirror.longshore('reconcile')).code).toBe(4);
    expect(mirror.objects()).toEqual([...names.slice(1), 'mine']);
  });

  test('guard: off lets a run make all deletes', async () => {
    const mirror = openLocalMirror('    guard: off\n');
    fill(mirror);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    rmSync(join(mirror.source, 'folder'), { recursive: true });
    expect((await mirror.longshore('scan')).code).toBe(0);
    expect(mirror.differences()).toEqual([]);
  });

  test('held, approve and reject refuse wrong arguments', async () => {
    const mirror = openLocalMirror();
    expect((await mirror.longshore('reject', 'documents')).code).toBe(2);
    expect((await mirror.longshore('approve', 'documents')).code).toBe(2);
    expect((await mirror.longshore('held', 'nonsense')).code).toBe(2);
    const nothing = await mirror.longshore('approve', 'documents', '0123456789ab');
    expect(nothing.code).toBe(1);
    expect(nothing.stderr).toContain('nothing is held');
  });
});

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
    daemon.kill('SIGTERM');
    expect((await daemon.finished).code).toBe(0);
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
    daemon.kill('SIGTERM');
    expect((await daemon.finished).code).toBe(0);
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
    daemon.kill('SIGTERM');
    expect((await daemon.finished).code).toBe(0);
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
  daemon.kill('SIGTERM');
  expect((await daemon.finished).code).toBe(0);
});
