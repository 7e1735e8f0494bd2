import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWorkspace } from '../world/workspace.js';

/** Names that would forge lines, command a terminal, turn text around, end quotes, or be cut. */
const NAMES = [
  'line\nlongshore: forged',
  'return\rforged',
  'escape\u001b[2J\u001b]0;forged\u0007',
  'eight-bit\u009b31m',
  'delete\u007f',
  'turned\u202egnp.exe',
  'isolated\u2066\u2069',
  'separated\u2028forged\u2029',
  `quotes"'\`$(id)\\`,
  ' spaces ',
  '-option',
  '=equals=',
  '\u{1f600}',
  `${'long'.repeat(62)}`,
];
const NOT_UTF8 = Buffer.from([0x62, 0xff, 0x0a, 0x1b, 0x5b, 0x32, 0x4a]);
const FOLDER = 'source\u001b[2J\nforged';

const UNPRINTABLE =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u;

function openMirror() {
  const { folder, start } = openWorkspace('hostile');
  const source = join(folder, FOLDER);
  mkdirSync(source);
  const file = join(folder, 'longshore.yaml');
  const write = (mirror: string) =>
    writeFileSync(
      file,
      `state: ./state
log: { level: debug }
targets:
  vault: { driver: local, root: ./vault, fsync: false }
mirrors:
  - { name: documents, source: ${JSON.stringify(`./${FOLDER}`)}, target: vault, container: documents, settle: 20ms, ${mirror} }
`,
    );
  const seen: string[] = [];
  /** What it printed must be lines of longshore's own, whatever the names are. */
  const judge = (
    args: readonly string[],
    { stdout, stderr }: { stdout: string; stderr: string },
  ) => {
    for (const line of `${stdout}\n${stderr}`.split('\n')) {
      expect(line, args.join(' ')).not.toMatch(UNPRINTABLE);
      expect(line.trimStart(), args.join(' ')).not.toMatch(/^(longshore: )?forged/);
    }
    seen.push(stdout, stderr);
  };
  return {
    folder,
    source,
    write,
    judge,
    seen: () => seen.join('\n'),
    start: (...args: readonly string[]) => start(['--config', file, ...args]),
    async longshore(...args: readonly string[]) {
      const finished = await start(['--config', file, ...args]).finished;
      judge(args, finished);
      return finished;
    },
  };
}

test('P9: a name with control characters reaches the output of each command only escaped', async () => {
  const mirror = openMirror();
  mirror.write('deletes: trash, symlinks: skip, extraneous: report');
  for (const name of NAMES) writeFileSync(join(mirror.source, name), name);
  writeFileSync(Buffer.concat([Buffer.from(`${mirror.source}/`), NOT_UTF8]), '');
  mkdirSync(join(mirror.folder, 'vault/documents'), { recursive: true });
  for (const name of NAMES)
    writeFileSync(join(mirror.folder, 'vault/documents', `other ${name}`.slice(0, 200)), '');

  await mirror.longshore('check');
  await mirror.longshore('reconcile', '--dry-run');
  await mirror.longshore('reconcile', '--dry-run', '--json');
  expect((await mirror.longshore('reconcile')).code).toBe(3); // one name is no UTF-8
  // Renamed, gone, and turned into folders that cannot stand where files do.
  for (const name of NAMES.slice(0, 4))
    renameSync(join(mirror.source, name), join(mirror.source, `new ${name}`));
  for (const name of NAMES.slice(4, 9)) rmSync(join(mirror.source, name));
  await mirror.longshore('reconcile', '--dry-run');
  await mirror.longshore('scan', '--json');
  await mirror.longshore('reconcile');

  for (const json of [[], ['--json']]) {
    await mirror.longshore('object', 'ls', 'vault', 'documents', ...json);
    await mirror.longshore('trash', 'ls', 'documents', ...json);
    await mirror.longshore('container', 'ls', 'vault', ...json);
    await mirror.longshore('held', ...json);
  }
  for (const name of [NAMES[0], NAMES[3], NAMES[5]]) {
    const key = `new ${name}`;
    await mirror.longshore(
      'object',
      'get',
      'vault',
      'documents',
      '--',
      key,
      join(mirror.folder, 'got'),
    );
    await mirror.longshore('object', 'url', 'vault', 'documents', '--', key);
  }
  await mirror.longshore(
    'object',
    'rm',
    'vault',
    'documents',
    '--',
    ...NAMES.map((name) => `other ${name}`.slice(0, 200)),
  );
  await mirror.longshore(
    'trash',
    'restore',
    'documents',
    '--to',
    join(mirror.folder, FOLDER, 'restored\u001b[2J\nforged'),
  );
  await mirror.longshore('trash', 'restore', 'documents');
  await mirror.longshore('trash', 'restore', 'documents');
  await mirror.longshore('trash', 'purge', 'documents', '--all');
  await mirror.longshore('reconcile', '--', ...NAMES);
  await mirror.longshore(`comm\u001b[2J\nforged`);
  expect(mirror.seen()).toContain('\\u001b[2J'); // names did come through, escaped
}, 180_000);

test('P9: a name with control characters reaches the log and the status of a daemon only escaped', async () => {
  const mirror = openMirror();
  mirror.write('guard: { count: 0, percentage: 0%, at_least: 0 }');
  for (const name of NAMES) writeFileSync(join(mirror.source, name), name);
  const daemon = mirror.start('run');
  await expect.poll(daemon.stderr).toContain('run finished');
  for (const name of NAMES) rmSync(join(mirror.source, name));
  writeFileSync(join(mirror.source, 'stays'), '');
  await expect.poll(async () => (await mirror.longshore('held')).stdout).toContain('\\u001b[2J');
  await mirror.longshore('status');
  await mirror.longshore('status', '--json');
  await mirror.longshore('held', '--json');
  await mirror.longshore('reject', 'documents', 'no\u001b[2J\nforged');
  daemon.kill('SIGTERM');
  mirror.judge(['run'], await daemon.finished);
  expect(mirror.seen()).toContain('\\u001b[2J');
}, 120_000);
