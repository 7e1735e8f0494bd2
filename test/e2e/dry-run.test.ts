import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../world/eventually.js';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import { eventsOf, run, UNPRIVILEGED } from '../world/program.js';
import { digestsBelow } from '../world/tree.js';

/** Every file and folder below a folder, with bytes and times, to show that no process has written there. */
function everythingIn(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).sort().map((path) => {
    const stat = lstatSync(join(folder, path), { bigint: true });
    return `${path} ${stat.mode} ${stat.mtimeNs} ${stat.isFile() ? readFileSync(join(folder, path), 'base64') : ''}`;
  });
}

const planned = (result: Parameters<typeof eventsOf>[0]) =>
  eventsOf(result)
    .filter(({ event }) => event === 'planned')
    .map(({ job, name }) => `${job} ${name}`)
    .sort();

/** A mirror in which `kept` is mirrored, `gone` was removed since, and `new` was written since. */
async function openChangedMirror(): Promise<LocalMirror> {
  const mirror = openLocalMirror();
  for (const name of ['kept', 'gone']) writeFileSync(join(mirror.source, name), name);
  expect((await mirror.longshore('--reconcile')).code).toBe(0);
  rmSync(join(mirror.source, 'gone'));
  writeFileSync(join(mirror.source, 'new'), 'new');
  return mirror;
}

describe.each(['--reconcile', 'scan'])('%s --dry-run', (command) => {
  test('writes nothing, neither to the state nor to the target', async () => {
    const mirror = await openChangedMirror();
    const before = everythingIn(join(mirror.folder, 'state'));
    const plan = await mirror.longshore(command, '--dry-run', '--json');
    expect(plan.code, plan.stderr).toBe(5);
    expect(planned(plan)).toEqual(['delete_object gone', 'upload_object new']);
    expect(everythingIn(join(mirror.folder, 'state'))).toEqual(before);
    expect([...digestsBelow(mirror.container).keys()].sort()).toEqual(['gone', 'kept']);
  });

  test('makes neither a state nor a target where there is none', async () => {
    const mirror = openLocalMirror();
    writeFileSync(join(mirror.source, 'a'), 'a');
    const plan = await mirror.longshore(command, '--dry-run', '--json');
    expect(plan.code, plan.stderr).toBe(5);
    expect(planned(plan)).toEqual(['upload_object a']);
    expect(readdirSync(mirror.folder).sort()).toEqual(['longshore.yaml', 'source']);
  });

  test('works for a user who may only read the state', async () => {
    const mirror = await openChangedMirror();
    const state = join(mirror.folder, 'state');
    chmodSync(mirror.folder, 0o755);
    for (const path of ['.', ...(readdirSync(state, { recursive: true }) as string[])]) {
      const absolute = join(state, path);
      if (process.getuid?.() === 0) chownSync(absolute, UNPRIVILEGED, UNPRIVILEGED);
      chmodSync(absolute, lstatSync(absolute).isDirectory() ? 0o500 : 0o400);
    }
    const before = everythingIn(state);
    const plan = await run(
      ['--config', join(mirror.folder, 'longshore.yaml'), command, '--dry-run', '--json'],
      {
        cwd: mirror.folder,
        unprivileged: true,
      },
    );
    expect(plan.code, plan.stderr).toBe(5);
    expect(planned(plan)).toEqual(
      expect.arrayContaining(['delete_object gone', 'upload_object new']),
    );
    expect(everythingIn(state)).toEqual(before);
    for (const path of ['.', ...(readdirSync(state, { recursive: true }) as string[])])
      chmodSync(join(state, path), 0o700);
  });

  test('works next to a running daemon, which goes on', async () => {
    const mirror = openLocalMirror('    watch: scan\n    rescan: 0\n');
    mkdirSync(join(mirror.source, 'folder'));
    for (const name of ['kept', 'gone', 'folder/a']) writeFileSync(join(mirror.source, name), name);
    const daemon = mirror.daemon();
    await eventually(() => expect(mirror.differences()).toEqual([]));
    await eventually(() => expect(daemon.stderr()).toMatch(/run finished/));
    rmSync(join(mirror.source, 'gone'));
    writeFileSync(join(mirror.source, 'new'), 'new');
    const plan = await mirror.longshore(command, '--dry-run', '--json');
    expect(plan.code, plan.stderr).toBe(5);
    expect(planned(plan)).toEqual(['delete_object gone', 'upload_object new']);
    expect([...digestsBelow(mirror.container).keys()].sort()).toEqual(['folder/a', 'gone', 'kept']);
    daemon.kill('SIGTERM');
    expect((await daemon.finished).code).toBe(0);
  });
});
