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

function openPlace() {
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
  const place = openPlace();
  place.write('deletes: trash, symlinks: skip, extraneous: report');
  for (const name of NAMES) writeFileSync(join(place.source, name), name);
  writeFileSync(Buffer.concat([Buffer.from(`${place.source}/`), NOT_UTF8]), '');
  mkdirSync(join(place.folder, 'vault/documents'), { recursive: true });
  for (const name of NAMES)
    writeFileSync(join(place.folder, 'vault/documents', `other ${name}`.slice(0, 200)), '');

  await place.longshore('check');
  await place.longshore('reconcile', '--dry-run');
  await place.longshore('reconcile', '--dry-run', '--json');
  expect((await place.longshore('reconcile')).code).toBe(3); // one name is no UTF-8
  // Renamed, gone, and turned into folders that cannot stand where files do.
  for (const name of NAMES.slice(0, 4))
    renameSync(join(place.source, name), join(place.source, `new ${name}`));
  for (const name of NAMES.slice(4, 9)) rmSync(join(place.source, name));
  await place.longshore('reconcile', '--dry-run');
  await place.longshore('scan', '--json');
  await place.longshore('reconcile');

  for (const json of [[], ['--json']]) {
    await place.longshore('object', 'ls', 'vault', 'documents', ...json);
    await place.longshore('trash', 'ls', 'documents', ...json);
    await place.longshore('container', 'ls', 'vault', ...json);
    await place.longshore('held', ...json);
  }
  for (const name of [NAMES[0], NAMES[3], NAMES[5]]) {
    const key = `new ${name}`;
    await place.longshore(
      'object',
      'get',
      'vault',
      'documents',
      '--',
      key,
      join(place.folder, 'got'),
    );
    await place.longshore('object', 'url', 'vault', 'documents', '--', key);
  }
  await place.longshore(
    'object',
    'rm',
    'vault',
    'documents',
    '--',
    ...NAMES.map((name) => `other ${name}`.slice(0, 200)),
  );
  await place.longshore(
    'trash',
    'restore',
    'documents',
    '--to',
    join(place.folder, FOLDER, 'restored\u001b[2J\nforged'),
  );
  await place.longshore('trash', 'restore', 'documents');
  await place.longshore('trash', 'restore', 'documents');
  await place.longshore('trash', 'purge', 'documents', '--all');
  await place.longshore('reconcile', '--', ...NAMES);
  await place.longshore(`comm\u001b[2J\nforged`);
  expect(place.seen()).toContain('\\u001b[2J'); // names did come through, escaped
}, 180_000);

test('P9: a name with control characters reaches the log and the status of a daemon only escaped', async () => {
  const place = openPlace();
  place.write('guard: { count: 0, percentage: 0%, at_least: 0 }');
  for (const name of NAMES) writeFileSync(join(place.source, name), name);
  const daemon = place.start('run');
  await expect.poll(daemon.stderr).toContain('run finished');
  for (const name of NAMES) rmSync(join(place.source, name));
  writeFileSync(join(place.source, 'stays'), '');
  await expect.poll(async () => (await place.longshore('held')).stdout).toContain('\\u001b[2J');
  await place.longshore('status');
  await place.longshore('status', '--json');
  await place.longshore('held', '--json');
  await place.longshore('reject', 'documents', 'no\u001b[2J\nforged');
  daemon.kill('SIGTERM');
  place.judge(['run'], await daemon.finished);
  expect(place.seen()).toContain('\\u001b[2J');
}, 120_000);
