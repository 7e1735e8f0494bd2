import { deepStrictEqual, match, strictEqual } from 'node:assert';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../world/eventually.js';
import { type Program, run, start } from '../world/program.js';
import { filesBelow } from '../world/tree.js';

// node source-mounts-child.js FOLDER daemon|once: a source on disks that come, go and are exchanged. Runs as root, in a
// mount namespace of its own, where it also says what udev would say of the disks.

const [, , folder = '', mode] = process.argv;
const source = join(folder, 'source');
const container = join(folder, 'vault', 'documents');
const udev = '/run/udev/data';
const sh = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8' }).trim();

execFileSync('mount', ['-t', 'tmpfs', 'none', '/run']);
mkdirSync(udev, { recursive: true });
mkdirSync(source, { recursive: true });
writeFileSync(
  join(folder, 'longshore.yaml'),
  `state: ./state
targets:
  vault: { driver: local, root: ./vault, fsync: false }
mirrors:
  - { name: documents, source: ./source, target: vault, container: documents, settle: 20ms, rescan: 500ms }
`,
);
const config = ['--config', join(folder, 'longshore.yaml')];

const UUIDS = {
  a: '0a0a0a0a-0000-4000-8000-00000000000a',
  b: '0b0b0b0b-0000-4000-8000-00000000000b',
  c: '0c0c0c0c-0000-4000-8000-00000000000c',
} as const;
for (const [name, uuid] of Object.entries(UUIDS)) {
  sh('truncate', '--size', '8M', join(folder, name));
  sh('mkfs.ext4', '-q', '-U', uuid, join(folder, name));
}

/** As a machine does that finds this disk, under this device or any that is free. */
function mountDisk(name: keyof typeof UUIDS, device?: string, at = source): string {
  if (device) sh('losetup', device, join(folder, name));
  const found = device ?? sh('losetup', '--find', '--show', join(folder, name));
  writeFileSync(
    join(udev, `b7:${found.slice('/dev/loop'.length)}`),
    `E:ID_FS_UUID=${UUIDS[name]}\n`,
  );
  sh('mount', found, at);
  return found;
}

function unmount(device: string, at = source): void {
  sh('umount', '--lazy', at); // a program may have it open
  sh('losetup', '--detach', device);
}

let daemon: Program | undefined;

/** One look at everything by the program: a run of its own, or two scans of the daemon that began after now, or that it waits. */
async function look(expected = /./): Promise<void> {
  if (daemon === undefined) {
    match(
      JSON.stringify(await run([...config, '--reconcile', '--json'], { cwd: folder })),
      expected,
    );
    return;
  }
  const before = daemon.stderr().length;
  const said = () => daemon?.stderr().slice(before) ?? '';
  const scans = () => said().split('run finished').length - 1;
  // A scan that was under way says something else first.
  await eventually(() => match(said(), expected), 60_000);
  await eventually(
    () => strictEqual(scans() >= 3 || said().includes('mirror waits'), true, said()),
    60_000,
  );
}

const objects = () => filesBelow(container).filter((name) => !name.startsWith('.longshore/'));

async function holds(expected: Readonly<Record<string, string>>): Promise<void> {
  const found = () =>
    Object.fromEntries(
      objects().map((name) => [name, readFileSync(join(container, name), 'utf8')]),
    );
  if (daemon) await eventually(() => deepStrictEqual(found(), expected), 60_000);
  else deepStrictEqual(found(), expected);
}

const write = (name: string, text: string): void => writeFileSync(join(source, name), text);
let first = '';
let second = '';
let third = '';
try {
  first = mountDisk('a');
  for (const name of ['kept', 'changed', 'gone']) write(name, 'of a');
  if (mode === 'daemon') daemon = start([...config, 'run'], { cwd: folder });
  await look();
  await holds({ kept: 'of a', changed: 'of a', gone: 'of a' });

  // Not mounted: an empty folder in its place.
  unmount(first);
  await look(/not the folder that was mirrored before/);
  await holds({ kept: 'of a', changed: 'of a', gone: 'of a' });

  // The same disk under another number, as after a reboot: all goes on.
  second = mountDisk('b', first);
  sh('umount', '--lazy', source);
  const numberOfB = second;
  first = mountDisk('a');
  strictEqual(first === numberOfB, false);
  rmSync(join(source, 'gone'));
  write('changed', 'of a, again');
  await look();
  await holds({ kept: 'of a', changed: 'of a, again' });

  // Another disk in its place that has the very same numbers.
  const { dev, ino } = statSync(source);
  unmount(first);
  sh('losetup', '--detach', second);
  second = mountDisk('b', first);
  deepStrictEqual([statSync(source).dev, statSync(source).ino], [dev, ino]);
  write('changed', 'of b');
  write('new', 'of b');
  await look(/not the folder that was mirrored before/);
  await holds({ kept: 'of a', changed: 'of a, again', new: 'of b' });
  unmount(second);

  // The right one is back; then everything in it is suddenly gone.
  first = mountDisk('a');
  await look();
  await holds({ kept: 'of a', changed: 'of a, again' });

  // A disk inside the source: not mounted, another one in its place, and back again.
  const inner = join(source, 'inner');
  mkdirSync(inner);
  second = mountDisk('b', undefined, inner);
  rmSync(join(inner, 'lost+found'), { recursive: true });
  for (const name of ['new', 'changed', 'gone']) write(`inner/${name}`, 'of b');
  await look();
  const outside = { kept: 'of a', changed: 'of a, again' };
  const inside = { 'inner/new': 'of b', 'inner/changed': 'of b', 'inner/gone': 'of b' };
  await holds({ ...outside, ...inside });
  unmount(second, inner);
  await look(/not-mounted/);
  await holds({ ...outside, ...inside });
  third = mountDisk('c', undefined, inner);
  write('inner/changed', 'of c');
  await look(/the file system that was mounted on this folder is not, or another one is/);
  await holds({ ...outside, ...inside });
  unmount(third, inner);
  second = mountDisk('b', undefined, inner);
  rmSync(join(inner, 'gone'));
  await look();
  await holds({ ...outside, 'inner/new': 'of b', 'inner/changed': 'of b' });
  for (const name of ['new', 'changed']) rmSync(join(inner, name));
  await look();
  await holds(outside);
  unmount(second, inner);
  rmdirSync(inner);

  for (const name of ['kept', 'changed']) rmSync(join(source, name));
  await look(/is empty/);
  await holds({ kept: 'of a', changed: 'of a, again' });

  // No folder at all.
  unmount(first);
  rmdirSync(source);
  await look(/does not exist|is missing/);
  await holds({ kept: 'of a', changed: 'of a, again' });

  if (daemon) {
    daemon.kill('SIGTERM');
    strictEqual((await daemon.finished).code, 143); // the events of the files that went have led to no delete
  }
  console.log('nothing was lost');
} catch (error) {
  console.log(error, daemon?.stderr().slice(-4_000));
} finally {
  daemon?.kill('SIGKILL');
  for (const folder of [join(source, 'inner'), source])
    if (existsSync(folder))
      execFileSync('sh', ['-c', 'umount --lazy "$0" 2>/dev/null || true', folder]);
  for (const device of new Set([first, second, third]))
    execFileSync('sh', ['-c', 'losetup --detach "$0" 2>/dev/null || true', device]);
}
