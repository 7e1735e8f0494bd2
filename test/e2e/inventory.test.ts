import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { call, put, uniqueContainerName } from '../drivers/conformance/fixture.js';
import { openFake } from '../drivers/s3/open.js';
import { type FakeS3, startFakeS3 } from '../fakes/s3/server.js';
import { fakeTarget } from '../fakes/s3/target.js';
import { deliverInventory, type InventoryRow, rowsNow } from '../fakes/s3-inventory.js';
import { endWhenDone } from '../world/end-when-done.js';
import { eventually } from '../world/eventually.js';
import { openRemoteMirror, type RemoteMirror } from '../world/mirror-in-a-folder.js';

let fake: FakeS3;
let direct: Backend;
beforeAll(async () => {
  fake = await startFakeS3();
  direct = openFake(fake);
});
afterAll(async () => {
  await direct.close();
  await fake.close();
});

const HOUR = 3_600_000;

/** `settings`: more of the inventory; `lines`: more of the mirror. */
async function openArchive(settings = '', lines = '') {
  const lists = uniqueContainerName();
  await direct.createContainer(lists, call);
  const mirror = openRemoteMirror({
    target: fakeTarget(fake),
    direct,
    mirror: `    index_snapshot: off\n    listing: { inventory: { container: ${lists}, prefix: lists, id: nightly${settings} } }\n${lines}`,
  });
  const { container } = mirror;
  return {
    mirror,
    lists,
    async deliver(ageMs = HOUR, rows?: readonly InventoryRow[]) {
      const place = { container: lists, prefix: 'lists/', id: 'nightly', source: container };
      const madeAtMs = Date.now() - ageMs;
      await deliverInventory(
        direct,
        { ...place, madeAtMs },
        rows ?? (await rowsNow(direct, container)),
      );
    },
  };
}

async function reconcile(mirror: RemoteMirror) {
  const before = fake.log.length;
  const done = await mirror.longshore('--reconcile');
  const asked = fake.log.slice(before);
  const listed = asked.filter(
    ({ operation, bucket, query }) =>
      operation === 'ListObjects' &&
      bucket === mirror.container &&
      !query.get('prefix')?.startsWith('.longshore/'),
  );
  const heads = asked.filter(
    ({ operation, key = '' }) => operation === 'HeadObject' && !key.startsWith('.longshore/'),
  );
  return { ...done, listed: listed.length, heads: heads.length };
}

test('a reconcile reads the inventory of S3, looks only at what differs, and lists nothing', async () => {
  const { mirror, deliver } = await openArchive();
  for (let at = 0; at < 30; at += 1) mirror.write(`folder ${at % 3}/f+ü ${at}`);
  expect(await reconcile(mirror)).toMatchObject({ code: 0 });
  await direct.deleteObject({ container: mirror.container, key: 'folder 0/f+ü 0' }, call);
  await deliver();
  mirror.write('new');
  const { code, stderr, listed, heads } = await reconcile(mirror);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('inventory read');
  expect([listed, heads]).toEqual([0, 2]);
  expect(await mirror.differences()).toEqual([]);
});

test('an inventory that is too old has the container listed, or fails the reconcile, as the settings say', async () => {
  for (const [otherwise, code, listed] of [
    ['list', 0, 1],
    ['fail', 1, 0],
  ] as const) {
    const { mirror, deliver } = await openArchive(`, max_age: 2d, otherwise: ${otherwise}`);
    mirror.write('a');
    await reconcile(mirror);
    await deliver(50 * HOUR);
    await direct.deleteObject({ container: mirror.container, key: 'a' }, call);
    const done = await reconcile(mirror);
    expect([done.code, done.listed], done.stderr).toEqual([code, listed]);
    expect(done.stdout + done.stderr).toMatch(
      /inventory .*nightly.* 50 hours old, and max_age is 48 hours/,
    );
    expect((await mirror.objects()).size).toBe(listed);
  }
}, 60_000);

test('a daemon without a usable inventory goes on mirroring, says why, and reconciles once there is one', async () => {
  const { mirror, deliver } = await openArchive(', otherwise: fail', '    reconcile: 1s\n');
  mirror.write('a');
  await reconcile(mirror);
  const daemon = mirror.daemon();
  await eventually(() => expect(daemon.stderr()).toMatch(/run was refused .*there is none below/));
  mirror.write('b');
  await eventually(async () => expect(await mirror.differences()).toEqual([]));
  expect(daemon.stderr()).not.toContain('mirror waits');
  await deliver();
  await eventually(() => expect(daemon.stderr()).toContain('inventory read'), 60_000);
  await endWhenDone(mirror, daemon);
}, 120_000);

test('the plan of a dry run rests on what was looked at', async () => {
  const { mirror, deliver } = await openArchive();
  mirror.write('a');
  mirror.write('b');
  await reconcile(mirror);
  await deliver(HOUR, []);
  const { code, stdout } = await mirror.longshore('--reconcile', '--dry-run');
  expect(code, stdout).toBe(0);
});

test('probe says which inventory is there, and how old it is, or what is wrong with it', async () => {
  const { mirror, deliver } = await openArchive(', max_age: 2d');
  await direct.createContainer(mirror.container, call);
  const missing = await mirror.longshore('probe', 'remote');
  expect(missing.code).toBe(3);
  expect(missing.stdout).toMatch(/FAILED {2}inventory:documents: .*there is none below/s);
  expect(missing.stdout).toContain('That means: reconciles list the container itself');
  await put(direct, { container: mirror.container, key: 'a' }, 'a');
  await deliver(5 * HOUR);
  const there = await mirror.longshore('probe', 'remote');
  expect(there.code, there.stdout).toBe(0);
  expect(there.stdout).toMatch(
    /ok {6}inventory:documents: reconciles of documents learn from inventory nightly .* \(of \d{4}-.*Z, 5 hours old, .* in 1 file\)/,
  );
}, 60_000);

test('check: an inventory needs a provider that makes some, and a place of its own', async () => {
  const { mirror, lists } = await openArchive();
  expect(await mirror.longshore('check')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(
      `its listing: inventory nightly in ${lists}; how old it is: longshore probe remote`,
    ) as string,
  });
  mirror.writeConfig(
    '    listing: { inventory: { container: CONTAINER, prefix: lists, id: nightly } }\n',
  );
  const inside = await mirror.longshore('check');
  expect(inside.code).toBe(2);
  expect(inside.stderr).toMatch(/would lie among the objects of mirror "documents"/);
  mirror.writeConfig(`    listing: { inventory: { container: ${lists}, id: a/b, max_age: 5m } }\n`);
  const wrong = await mirror.longshore('check');
  expect(wrong.stderr).toMatch(/listing\.inventory\.id.*the name of an inventory configuration/);
  expect(wrong.stderr).toMatch(/listing\.inventory\.max_age.*a duration/);
});
