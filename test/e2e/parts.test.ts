import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { call, randomContent } from '../drivers/conformance/fixture.js';
import { openFake } from '../drivers/s3/open.js';
import type { Operation } from '../fakes/s3/request.js';
import { ACCOUNT, type FakeS3, startFakeS3 } from '../fakes/s3/server.js';
import { run } from '../world/program.js';
import { openWorkspace } from '../world/workspace.js';

const MIB = 2 ** 20;

/** The program mirrors one folder to an S3 that counts. */
async function openMirror() {
  const fake = await startFakeS3();
  const s3: Backend = openFake(fake);
  const { folder } = openWorkspace('parts', async () => {
    await s3.close();
    await fake.close();
    fake.faults.assertUsedUp();
  });
  const source = join(folder, 'source');
  mkdirSync(source);
  const config = join(folder, 'longshore.yaml');
  writeFileSync(
    config,
    `state: ./state
targets:
  s3: { driver: s3, profile: aws, region: us-east-1, host: ${fake.host}, port: ${fake.port}, secure: false, key: ${ACCOUNT.accessKey}, secret: { env: SECRET }, multipart_threshold: 6MiB }
mirrors:
  - { name: films, source: ./source, target: s3, container: films, prefix: mine, settle: 20ms }
`,
  );
  const options = { cwd: folder, env: { SECRET: ACCOUNT.secret } };
  return {
    fake,
    file: join(source, 'film'),
    s3,
    reconcile: (...args: readonly string[]) =>
      run(['--config', config, '--reconcile', ...args], options),
    uploads: () => [...(fake.rules.store.buckets.get('films')?.uploads.values() ?? [])],
  };
}

/** How often the object was asked for in this way; longshore has others beside it. */
function asked(fake: FakeS3, operation: Operation): number {
  return fake.log.filter((each) => each.operation === operation && each.key === 'mine/film').length;
}

test('P6: a run without its state adopts an object in parts, and neither sends it nor reads it back', async () => {
  const { fake, file, reconcile } = await openMirror();
  writeFileSync(file, randomContent(21 * MIB));
  expect((await reconcile()).code).toBe(0);
  rmSync(join(file, '..', '..', 'state'), { recursive: true });
  const before = fake.log.length;
  const result = await reconcile('--json');
  expect(result.code, result.stderr).toBe(0);
  const about = fake.log.slice(before).filter(({ key }) => key === 'mine/film');
  const operations = new Set(about.map(({ operation }) => operation));
  for (const operation of [
    'UploadPart',
    'PutObject',
    'GetObject',
    'CreateMultipartUpload',
  ] as const)
    expect(operations).not.toContain(operation);
});

test('P7: a sparse file of a hundred parts is uploaded in parts of the smallest size', async () => {
  const { fake, file, reconcile, s3, uploads } = await openMirror();
  writeFileSync(file, 'begin');
  truncateSync(file, 500 * MIB);
  const result = await reconcile('--json');
  expect(result.code, result.stderr).toBe(0);
  expect(asked(fake, 'UploadPart')).toBe(100);
  expect(await s3.headObject({ container: 'films', key: 'mine/film' }, call)).toMatchObject({
    size: 500 * MIB,
  });
  expect(uploads()).toEqual([]);
});
