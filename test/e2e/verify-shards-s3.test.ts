import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { call, listKeys, put } from '../drivers/conformance/fixture.js';
import { openFake } from '../drivers/s3/open.js';
import { type FakeS3, startFakeS3 } from '../fakes/s3/server.js';
import { fakeTarget } from '../fakes/s3/target.js';
import { eventually } from '../world/eventually.js';
import { openRemoteMirror, type RemoteMirror } from '../world/mirror-in-a-folder.js';
import { eventsOf, type Finished, type Program, summaryOf } from '../world/program.js';

const SNAPSHOT = '    index_snapshot: 1h\n';
const NAMES = Array.from({ length: 20 }, (_, at) => `folder/${String(at).padStart(2, '0')}`);

let fake: FakeS3;
beforeAll(async () => {
  fake = await startFakeS3();
});
afterAll(() => fake.close());
beforeEach(() => {
  for (const operation of ['PutObject', 'DeleteObject'] as const)
    fake.faults.always(operation, undefined);
});

async function openMirrored(lines = '') {
  const direct = openFake(fake);
  onTestFinished(() => direct.close());
  const mirror = openRemoteMirror({
    target: fakeTarget(fake),
    direct,
    mirror: `${SNAPSHOT}${lines}`,
  });
  for (const name of NAMES) mirror.write(name, `content of ${name}`);
  const done = await mirror.longshore('reconcile');
  expect(done.code, done.stderr).toBe(0);
  const reports = async () =>
    (await listKeys(direct, mirror.container, '.longshore/verified/')).length;
  return { mirror, direct, reports };
}

/** The object gives other bytes from now on, and nothing else shows it. */
function rot({ container }: RemoteMirror, name: string): void {
  const { store } = fake.rules;
  const object = store.object(store.bucket(container), name);
  const bytes = Buffer.from(object.bytes);
  bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
  Object.assign(object, { bytes });
}

const verdictsOf = (done: Finished) =>
  Object.fromEntries(
    eventsOf(done)
      .filter(({ event }) => event === 'object')
      .map(({ name, verdict }) => [name, verdict]),
  );

async function damagedIn(mirror: RemoteMirror): Promise<unknown> {
  const done = await mirror.longshore('status', '--json');
  const { mirrors } = JSON.parse(done.stdout) as {
    mirrors: { damaged: { name: string; problem: string }[] }[];
  };
  return mirrors[0]?.damaged.map(({ name, problem }) => [name, problem]).sort();
}

async function end(daemon: Program): Promise<void> {
  daemon.kill('SIGTERM');
  await daemon.finished;
}

test('P2: what a shard finds damaged or gone is named by it, read by the daemon, and named in its status', async () => {
  const { mirror, direct, reports } = await openMirrored();
  const [rotten = '', lost = '', newer = ''] = [NAMES[3], NAMES[5], NAMES[7]];
  rot(mirror, rotten);
  await direct.deleteObject({ container: mirror.container, key: lost }, call);
  await put(direct, { container: mirror.container, key: newer }, 'of something else');
  rot(mirror, newer);
  const done = await mirror.longshore('verify', 'documents', '--shard', '1/1', '--json');
  expect(done.code, done.stderr).toBe(5);
  expect(verdictsOf(done)).toEqual({ [rotten]: 'damaged', [newer]: 'damaged' });
  expect(summaryOf(done)).toMatchObject({ proven: 17, damaged: 2, gone: 1, missing: 0 });
  const text = await mirror.longshore('verify', 'documents', '--shard', '1/1');
  expect(text.stdout).toContain('1 deleted since the index snapshot was made, or missing');
  expect(await reports()).toBe(2);
  const daemon = mirror.daemon();
  await eventually(async () =>
    expect(await damagedIn(mirror)).toEqual([
      [rotten, 'damaged'],
      [lost, 'missing'],
      [newer, 'changed'],
    ]),
  );
  await eventually(async () => expect(await reports()).toBe(0));
  expect((await mirror.longshore('status', 'documents')).stdout).toContain(`${rotten}: damaged`);
  await end(daemon);
});

test('P2: what a shard finds damaged is healed by a mirror that heals', async () => {
  const { mirror, reports } = await openMirrored(
    '    verify: { within: 30d, by: shards, heal: true }\n',
  );
  const rotten = NAMES[3] ?? '';
  rot(mirror, rotten);
  const done = await mirror.longshore('verify', 'documents', '--shard', '1/1');
  expect([done.code, done.stdout]).toEqual([5, expect.stringContaining(`damaged: ${rotten} (`)]);
  const daemon = mirror.daemon();
  await eventually(async () => expect(await mirror.differences()).toEqual([]));
  await eventually(async () => expect(await reports()).toBe(0));
  const again = await mirror.longshore('verify', 'documents', '--shard', '1/1');
  expect(again.code, again.stdout).toBe(0);
  await end(daemon);
});

test('a shard lists and reads nothing outside of its range', async () => {
  const { mirror } = await openMirrored();
  const asked: string[][] = [];
  for (const shard of ['1/4', '2/4', '3/4', '4/4']) {
    fake.log.length = 0;
    const done = await mirror.longshore('verify', 'documents', '--shard', shard);
    expect(done.code, done.stderr).toBe(0);
    asked.push(
      fake.log
        .filter(({ operation, key }) => operation === 'GetObject' && key?.startsWith('folder/'))
        .map(({ key }) => key ?? ''),
    );
  }
  expect(asked.map(({ length }) => length)).toEqual([5, 5, 5, 5]);
  expect(asked.flat().sort()).toEqual(NAMES);
});

test('a shard with credentials that may only read keeps its report in a file', async () => {
  const { mirror, reports } = await openMirrored();
  fake.faults.always('PutObject', { kind: 'refuse', status: 403, code: 'AccessDenied' });
  const done = await mirror.longshore('verify', 'documents', '--shard', '2/2');
  expect([done.code, done.stderr]).toEqual([
    3,
    expect.stringMatching(
      /container does not take the report .* longshore import-report documents/,
    ),
  ]);
  const file = /is in (\S+\.gz)/.exec(done.stderr)?.[1] ?? '';
  fake.faults.always('PutObject', undefined);
  const imported = await mirror.longshore('import-report', 'documents', file);
  expect(imported.code, imported.stderr).toBe(0);
  expect(await reports()).toBe(1);
});

test('a report that cannot be deleted is taken in once', async () => {
  const { mirror, reports } = await openMirrored('    verify: { within: 30d, by: shards }\n');
  await mirror.longshore('verify', 'documents', '--shard', '1/1');
  fake.faults.always('DeleteObject', { kind: 'refuse', status: 403, code: 'AccessDenied' }, (key) =>
    key.startsWith('.longshore/verified/'),
  );
  const done = await mirror.longshore('reconcile');
  expect(done.stderr).toContain('verify report collected');
  expect(done.stderr).toContain('verify report not deleted');
  expect(await reports()).toBe(1);
  fake.faults.always('DeleteObject', undefined);
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  expect(await reports()).toBe(0);
});
