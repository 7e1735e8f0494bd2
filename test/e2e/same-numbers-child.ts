import { deepStrictEqual, match, ok } from 'node:assert';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { endWhenDone } from '../world/end-when-done.js';
import { eventually } from '../world/eventually.js';
import { type Program, run, start, UNPRIVILEGED } from '../world/program.js';
import { filesBelow } from '../world/tree.js';

// node same-numbers-child.js FOLDER KIND daemon|once: a source whose disk is exchanged for another one of the same device
// number, inode and age, where udev says nothing. Runs as root, in a mount namespace of its own. `ext4, unprivileged`: the
// program may not read the disk itself.

const [, , folder = '', kind = '', mode] = process.argv;
const source = join(folder, 'source');
const container = join(folder, 'vault', 'documents');
const unprivileged = kind === 'ext4, unprivileged';
const sh = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8' }).trim();

sh('mount', '-t', 'tmpfs', 'none', '/run');
if (existsSync('/dev/disk')) sh('mount', '-t', 'tmpfs', 'none', '/dev/disk');
for (const path of [source, container]) mkdirSync(path, { recursive: true });
writeFileSync(
  join(folder, 'longshore.yaml'),
  `state: ./state
targets:
  vault: { driver: local, root: ./vault, fsync: false }
mirrors:
  - { name: documents, source: ./source, target: vault, container: documents, settle: 20ms, rescan: 500ms }
`,
);
if (unprivileged)
  for (const path of [folder, join(folder, 'vault'), container])
    chownSync(path, UNPRIVILEGED, UNPRIVILEGED);

let loop = '';
const disks = { a: join(folder, 'disk-a'), b: join(folder, 'disk-b') } as const;
if (kind !== 'tmpfs') {
  for (const disk of Object.values(disks)) {
    sh('truncate', '--size', '8M', disk);
    execFileSync('mkfs.ext4', ['-q', disk], {
      env: { ...process.env, E2FSPROGS_FAKE_TIME: '1700000000' },
    });
  }
}

function mountDisk(name: keyof typeof disks): void {
  if (kind === 'tmpfs') sh('mount', '-t', 'tmpfs', name, source);
  else {
    if (loop === '') loop = sh('losetup', '--find', '--show', disks[name]);
    else sh('losetup', loop, disks[name]);
    if (unprivileged) chmodSync(loop, 0o600);
    sh('mount', loop, source);
  }
  chmodSync(source, 0o755);
  rmSync(join(source, 'lost+found'), { recursive: true, force: true }); // only root may read it
}

function unmountDisk(): void {
  sh('umount', '--lazy', source);
  if (kind !== 'tmpfs') sh('losetup', '--detach', loop);
}

/** Another disk with the numbers of the first. The kernel gives anonymous ones to the next mount, so it may take some tries. */
function exchange(): void {
  const before = statSync(source);
  for (let tries = 0; tries < 20; tries += 1) {
    unmountDisk();
    mountDisk('b');
    const { dev, ino } = statSync(source);
    if (dev === before.dev && ino === before.ino) return;
  }
  throw new Error('the second disk never had the numbers of the first');
}

const write = (name: string, text: string): void => writeFileSync(join(source, name), text);
const objects = () => filesBelow(container).filter((name) => !name.startsWith('.longshore/'));
const names = Array.from({ length: 20 }, (_, number) => `file${String(number).padStart(2, '0')}`);
const config = ['--config', join(folder, 'longshore.yaml')];
let daemon: Program | undefined;
try {
  mountDisk('a');
  for (const name of names) write(name, 'of a');
  if (mode === 'daemon') daemon = start([...config, 'run'], { cwd: folder, unprivileged });
  else await run([...config, '--reconcile'], { cwd: folder, unprivileged });
  await eventually(() => deepStrictEqual(objects(), names), 60_000);

  exchange();
  write('file00', 'of b');
  if (daemon)
    await eventually(
      () => match(daemon?.stderr() ?? '', /not the folder that was mirrored before/),
      60_000,
    );
  else {
    const { stdout, stderr, code } = await run([...config, '--reconcile', '--json'], {
      cwd: folder,
      unprivileged,
    });
    match(stdout + stderr, /not the folder that was mirrored before/);
    ok(code !== 0, stdout);
  }
  deepStrictEqual(objects(), names);
  for (const name of names) deepStrictEqual(readFileSync(join(container, name), 'utf8'), 'of a');

  if (kind !== 'tmpfs') {
    // The right one is back.
    unmountDisk();
    mountDisk('a');
    rmSync(join(source, 'file01'));
    if (!daemon)
      deepStrictEqual(
        (await run([...config, '--reconcile'], { cwd: folder, unprivileged })).code,
        0,
      );
    await eventually(
      () =>
        deepStrictEqual(
          objects(),
          names.filter((name) => name !== 'file01'),
        ),
      60_000,
    );
  }
  if (daemon && kind === 'tmpfs') {
    daemon.kill('SIGTERM');
    deepStrictEqual((await daemon.finished).code, 143); // the events of the other disk have led to nothing
  } else if (daemon) await endWhenDone({ state: join(folder, 'state') }, daemon);
  console.log('nothing was lost');
} catch (error) {
  console.log(error, daemon?.stderr().slice(-4_000));
} finally {
  daemon?.kill('SIGKILL');
  execFileSync('sh', [
    '-c',
    'umount --lazy "$0" 2>/dev/null; test -z "$1" || losetup --detach "$1" 2>/dev/null || true',
    source,
    loop,
  ]);
}
