import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { call, plain, randomContent } from '../drivers/conformance/fixture.js';
import { openFake } from '../drivers/s3/open.js';
import { type FakeS3, startFakeS3 } from '../fakes/s3/server.js';
import { fakeTarget } from '../fakes/s3/target.js';
import { eventually } from '../world/eventually.js';
import { openRemoteMirror } from '../world/mirror-in-a-folder.js';

const MIB = 2 ** 20;

let fake: FakeS3;
beforeAll(async () => {
  fake = await startFakeS3();
});
afterAll(() => fake.close());

test('another machine aborts the uploads in parts of one that died, and those of other tools stay', async () => {
  const direct = openFake(fake);
  onTestFinished(() => direct.close());
  const mirror = openRemoteMirror({
    target: { ...fakeTarget(fake), multipart_threshold: '6MiB' },
    direct,
    mirror: '    lease: 5s\n',
  });
  const { multipart } = direct.capabilities;
  await direct.createContainer(mirror.container, call);
  const others = await multipart?.begin({ container: mirror.container, key: 'film' }, plain, call);
  const { uploads, objects } = fake.rules.store.bucket(mirror.container);
  const leaseText = () => objects.get('.longshore/lease')?.at(-1)?.bytes.toString() ?? '{}';

  mirror.write('film', randomContent(11 * MIB));
  fake.faults.always('UploadPart', { kind: 'stall' }, (key) => key === 'film');
  const daemon = mirror.daemon();
  await eventually(() => {
    expect(uploads.size).toBe(2);
    expect(JSON.parse(leaseText()).uploads).toMatchObject([{ key: 'film', driver: 's3' }]);
  });
  daemon.kill('SIGKILL');
  await daemon.finished;
  fake.faults.always('UploadPart', undefined);

  rmSync(mirror.state, { recursive: true });
  const run = await mirror.longshore('reconcile', '--take-over');
  expect(run.code, run.stderr).toBe(0);
  expect(run.stderr).toContain('uploads in parts of the former holder will be aborted');
  expect([...uploads.keys()]).toEqual([others?.opaque]);
  expect(await mirror.differences()).toEqual([]);
  expect(JSON.parse(leaseText())).not.toHaveProperty('uploads');
}, 60_000);
