import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ReloadAnswer } from '../../src/status/schema-reload.js';
import { endWhenDone } from '../world/end-when-done.js';
import { eventually } from '../world/eventually.js';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import type { Finished, Program } from '../world/program.js';

/** A second mirror of a folder beside the source, to a container of its own. */
const MUSIC = (lines = '') => `  - name: music
    source: ./music
    target: vault
    container: music
    settle: 20ms
${lines}`;

async function watching(mirror: LocalMirror): Promise<Program> {
  const daemon = mirror.daemon();
  await eventually(() => expect(daemon.stderr()).toMatch(/ watching /));
  return daemon;
}

function answerIn({ stdout, stderr }: Finished): ReloadAnswer {
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as ReloadAnswer;
}

async function stop(mirror: LocalMirror, daemon: Program): Promise<string> {
  return (await endWhenDone(mirror, daemon)).stderr;
}

const timesIn = (text: string, part: RegExp) => text.match(part)?.length ?? 0;

test('P1: SIGHUP adds a mirror, and the one that is there is neither watched nor scanned again', async () => {
  const mirror = openLocalMirror();
  const music = join(mirror.folder, 'music');
  mkdirSync(music);
  mirror.write('a');
  const daemon = await watching(mirror);
  await eventually(() => expect(mirror.objects()).toEqual(['a']));
  writeFileSync(join(music, 'song'), 'song');
  mirror.writeConfig(MUSIC());
  daemon.kill('SIGHUP');
  const song = join(mirror.folder, 'vault', 'music', 'song');
  await eventually(() => expect(existsSync(song)).toBe(true));
  await eventually(() => expect(daemon.stderr()).toMatch(/configuration reloaded .*kept=1/));
  mirror.write('b');
  await eventually(() => expect(mirror.objects()).toEqual(['a', 'b']));
  const log = await stop(mirror, daemon);
  expect(timesIn(log, / mirroring mirror=documents /g)).toBe(1);
  expect(timesIn(log, / run started mirror=documents /g)).toBe(1);
  expect(timesIn(log, / mirroring mirror=music /g)).toBe(1);
});

test('P1: files that are written while their mirror begins again are all mirrored', async () => {
  const mirror = openLocalMirror();
  const daemon = await watching(mirror);
  const limits = [300, 200, 100];
  for (const [round, limit] of limits.entries()) {
    for (let at = 0; at < 20; at += 1) mirror.write(`round ${round}/before ${at}`);
    mirror.writeConfig(`    settle_limit: ${limit}s\n`);
    const reloading = mirror.longshore('reload', '--json');
    for (let at = 0; at < 20; at += 1) {
      mirror.write(`round ${round}/during ${at}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(answerIn(await reloading)).toMatchObject({
      outcome: 'done',
      mirrors: {
        kept: [],
        changed: [{ mirror: 'documents', settings: ['settle_limit'], restarts: true }],
      },
    });
    mirror.write(`round ${round}/after`);
  }
  await eventually(() => expect(mirror.differences()).toEqual([]));
  expect(mirror.objects()).toHaveLength(3 * 41);
  await stop(mirror, daemon);
});

test('a file with errors changes nothing: the command and the log say each with its line and column', async () => {
  const mirror = openLocalMirror();
  const daemon = await watching(mirror);
  mirror.writeConfig('    deletes: sometimes\n    prefx: a/\n');
  const { code, stderr } = await mirror.longshore('reload');
  expect(code).toBe(2);
  daemon.kill('SIGHUP');
  await eventually(() => expect(daemon.stderr()).toMatch(/reload refused, nothing was changed/));
  for (const text of [stderr, daemon.stderr()]) {
    expect(text).toMatch(/longshore\.yaml:10:14 {2}mirrors\[0\]\.deletes: expected /);
    expect(text).toMatch(/longshore\.yaml:11:5 {2}mirrors\[0\]\.prefx: /);
  }
  mirror.write('still mirrored');
  await eventually(() => expect(mirror.objects()).toEqual(['still mirrored']));
  mirror.writeConfig();
  expect(answerIn(await mirror.longshore('reload', '--json')).outcome).toBe('unchanged');
  await stop(mirror, daemon);
});

test('a new exclude is announced with the objects that it concerns, and waits for --apply', async () => {
  const mirror = openLocalMirror();
  for (const name of ['a.tmp', 'b.tmp', 'kept']) mirror.write(name);
  const daemon = await watching(mirror);
  await eventually(() => expect(mirror.objects()).toEqual(['a.tmp', 'b.tmp', 'kept']));
  mirror.writeConfig('    exclude: ["*.tmp"]\n');
  const announced = await mirror.longshore('reload');
  expect(announced.code).toBe(4);
  expect(announced.stdout).toMatch(
    /2 objects of documents would stay in the container without a mirror: .*\(exclude\)\n {4}a\.tmp\n {4}b\.tmp\nnothing was changed yet/,
  );
  mirror.write('a.tmp', 'still mirrored');
  const inContainer = (name: string) => readFileSync(join(mirror.container, name), 'utf8');
  await eventually(() => expect(inContainer('a.tmp')).toBe('still mirrored'));

  expect((await mirror.longshore('reload', '--apply')).code).toBe(0);
  mirror.write('a.tmp', 'excluded');
  mirror.write('kept', 'changed');
  await eventually(() => expect(inContainer('kept')).toBe('changed'));
  expect(inContainer('a.tmp')).toBe('still mirrored');
  const log = await stop(mirror, daemon);
  expect(log).toMatch(/reload waits for --apply mirror=documents setting=exclude .*objects=2/);
});

test('an exclude that is taken back announces the objects whose files are gone, and deletes them after --apply', async () => {
  const mirror = openLocalMirror();
  for (const name of ['a.tmp', 'b.tmp', 'kept']) mirror.write(name);
  await mirror.longshore('reconcile');
  mirror.writeConfig('    exclude: ["*.tmp"]\n');
  rmSync(join(mirror.source, 'a.tmp'));
  const daemon = await watching(mirror);
  mirror.writeConfig();
  const { affected, outcome } = answerIn(await mirror.longshore('reload', '--json'));
  expect({ affected, outcome }).toMatchObject({
    outcome: 'announced',
    affected: [{ mirror: 'documents', becomes: 'deleted', objects: 1, names: ['a.tmp'] }],
  });
  expect(mirror.objects()).toEqual(['a.tmp', 'b.tmp', 'kept']);
  expect((await mirror.longshore('reload', '--apply')).code).toBe(0);
  await eventually(() => expect(mirror.objects()).toEqual(['b.tmp', 'kept']));
  await stop(mirror, daemon);
});

test('a removed mirror and another prefix wait for --apply; objects stay where they are', async () => {
  const mirror = openLocalMirror(MUSIC());
  const music = join(mirror.folder, 'music');
  mkdirSync(music);
  writeFileSync(join(music, 'song'), 'song');
  mirror.write('a');
  const daemon = await watching(mirror);
  const song = join(mirror.folder, 'vault', 'music', 'song');
  await eventually(() => expect([mirror.objects(), existsSync(song)]).toEqual([['a'], true]));
  mirror.writeConfig('    prefix: elsewhere/\n');
  const files = () => mirror.objects().filter((name) => !name.includes('.longshore/'));
  const announced = answerIn(await mirror.longshore('reload', '--json'));
  expect(announced).toMatchObject({
    outcome: 'announced',
    affected: [
      { mirror: 'music', setting: 'mirrors', becomes: 'left', objects: 1 },
      { mirror: 'documents', setting: 'prefix', becomes: 'left', objects: 1 },
    ],
  });
  writeFileSync(join(music, 'other song'), 'other song');
  await eventually(() =>
    expect(existsSync(join(mirror.folder, 'vault', 'music', 'other song'))).toBe(true),
  );
  expect(answerIn(await mirror.longshore('reload', '--apply', '--json')).outcome).toBe('done');
  await eventually(() => expect(files()).toEqual(['a', 'elsewhere/a']));
  const { stdout } = await mirror.longshore('status', '--json');
  const status = JSON.parse(stdout) as { mirrors: { mirror: string }[]; lastReload: unknown };
  expect(status.mirrors.map((each) => each.mirror)).toEqual(['documents']);
  expect(status.lastReload).toMatchObject({ outcome: 'done' });
  expect(existsSync(song)).toBe(true);
  await stop(mirror, daemon);
});

test('another state folder is refused as a whole, with the reason', async () => {
  const mirror = openLocalMirror();
  const daemon = await watching(mirror);
  const file = join(mirror.folder, 'longshore.yaml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, `log: { level: debug }\n${text.replace('state: ./state', 'state: ./other')}`);
  daemon.kill('SIGHUP');
  await eventually(() =>
    expect(daemon.stderr()).toMatch(
      /reload refused, nothing was changed .*restart the daemon for state: the running daemon holds the lock/,
    ),
  );
  const { code, stderr } = await mirror.longshore('reload');
  expect(code).toBe(1);
  expect(stderr).toMatch(/another state folder than .*\/other until now, restart the daemon/);
  expect(await stop(mirror, daemon)).not.toMatch(/ debug /);
});

test('a mirror that begins again keeps its pause and what is held', async () => {
  const mirror = openLocalMirror('    guard: { count: 0, at_least: 0 }\n');
  for (const name of ['a', 'b', 'c', 'd']) mirror.write(name);
  const daemon = await watching(mirror);
  await eventually(() => expect(mirror.objects()).toHaveLength(4));
  for (const name of ['a', 'b', 'c']) rmSync(join(mirror.source, name));
  const status = async () => {
    const { stdout } = await mirror.longshore('status', '--json');
    return (JSON.parse(stdout) as { mirrors: Record<string, unknown>[] }).mirrors[0];
  };
  await eventually(async () => expect(await status()).toMatchObject({ held: 3, state: 'held' }));
  expect((await mirror.longshore('pause', 'documents')).code).toBe(0);
  mirror.writeConfig('    guard: { count: 0, at_least: 0 }\n    settle_limit: 99s\n');
  expect(answerIn(await mirror.longshore('reload', '--json')).outcome).toBe('done');
  await eventually(async () => expect(await status()).toMatchObject({ held: 3, state: 'paused' }));
  mirror.write('waits');
  expect((await mirror.longshore('resume')).stdout).toMatch(/documents goes on/);
  await eventually(() => expect(mirror.objects()).toContain('waits'));
  await eventually(async () => expect(await status()).toMatchObject({ held: 3, state: 'held' }));
  mirror.writeConfig('    guard: off\n    settle_limit: 99s\n');
  expect(answerIn(await mirror.longshore('reload', '--json'))).toMatchObject({
    outcome: 'announced',
    affected: [{ setting: 'guard', becomes: 'deleted', objects: 3 }],
  });
  expect(mirror.objects()).toHaveLength(5);
  await stop(mirror, daemon);
});

test('the log level, the limits of a target and the drain change without any mirror beginning again', async () => {
  const mirror = openLocalMirror();
  const file = join(mirror.folder, 'longshore.yaml');
  const text = readFileSync(file, 'utf8');
  const limited = (rate: string) =>
    text.replace('fsync: false', `fsync: false, bandwidth: ${rate}`);
  writeFileSync(file, limited('4KiB/s'));
  mirror.write('large', Buffer.alloc(4_000_000));
  const daemon = await watching(mirror);
  await eventually(() => expect(existsSync(mirror.container)).toBe(true));
  writeFileSync(file, `log: { level: debug, format: json }\ndrain: 5s\n${limited('1GiB/s')}`);
  expect(answerIn(await mirror.longshore('reload', '--json'))).toMatchObject({
    outcome: 'done',
    mirrors: { kept: ['documents'], changed: [] },
    targets: [{ target: 'vault', settings: ['bandwidth'] }],
    daemon: ['log.level', 'log.format', 'drain'],
  });
  await eventually(() => expect(mirror.objects()).toEqual(['large']));
  const log = await stop(mirror, daemon);
  expect(timesIn(log, / run started mirror=documents /g)).toBe(1);
  expect(log).toMatch(/^\{.*"level":"debug"/m);
});

test('P5: a daemon that is killed in the middle of a reload starts with the new file', async () => {
  const mirror = openLocalMirror();
  const file = join(mirror.folder, 'longshore.yaml');
  const text = readFileSync(file, 'utf8').replace(
    'fsync: false',
    'fsync: false, bandwidth: 4KiB/s',
  );
  writeFileSync(file, text);
  mirror.write('large', Buffer.alloc(1_000_000));
  const daemon = await watching(mirror);
  await eventually(async () =>
    expect((await mirror.longshore('status', '--json')).stdout).toMatch(/"running":\[\{/),
  );
  mirror.writeConfig('    prefix: new/\n');
  const asked = mirror.longshore('reload', '--apply');
  await eventually(() => expect(daemon.stderr()).toMatch(/mirror ends mirror=documents/));
  daemon.kill('SIGKILL');
  expect((await daemon.finished).code).toBe('SIGKILL');
  expect((await asked).code).toBe(1);
  const again = await watching(mirror);
  await eventually(() => expect(mirror.objects()).toContain('new/large'));
  await stop(mirror, again);
});

test('reloads that are asked for at once are made one after the other', async () => {
  const mirror = openLocalMirror();
  const daemon = await watching(mirror);
  mirror.writeConfig('    settle_limit: 99s\n');
  daemon.kill('SIGHUP');
  const answers = await Promise.all(
    [1, 2, 3].map(async () => answerIn(await mirror.longshore('reload', '--json')).outcome),
  );
  for (const outcome of answers) expect(['done', 'unchanged']).toContain(outcome);
  mirror.write('a');
  await eventually(() => expect(mirror.objects()).toEqual(['a']));
  expect(timesIn(await stop(mirror, daemon), / mirror ends /g)).toBe(1);
});
