import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { call, randomContent, readAll } from '../drivers/conformance/fixture.js';
import { openFake } from '../drivers/s3/open.js';
import type { Operation } from '../fakes/s3/request.js';
import { ACCOUNT, type FakeS3, startFakeS3 } from '../fakes/s3/server.js';
import { type Program, run, start } from './program.js';

const MIB = 2 ** 20;
const PATIENT = { timeout: 50_000, interval: 20 };

/** The program mirrors one folder to an S3 that counts. */
async function openPlace() {
  const fake = await startFakeS3();
  const folder = mkdtempSync(join(tmpdir(), 'longshore-resume-'));
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
  const programs: Program[] = [];
  const s3: Backend = openFake(fake);
  onTestFinished(async () => {
    for (const program of programs) program.kill('SIGKILL');
    await Promise.all(programs.map(({ finished }) => finished));
    await s3.close();
    await fake.close();
    rmSync(folder, { recursive: true, force: true });
    fake.faults.assertUsedUp();
  });
  return {
    fake,
    file: join(source, 'film'),
    s3,
    daemon() {
      const program = start(['--config', config, 'run'], options);
      programs.push(program);
      return program;
    },
    reconcile: (...args: readonly string[]) => run(['--config', config, '--reconcile', ...args], options),
    uploads: () => [...(fake.rules.store.buckets.get('films')?.uploads.values() ?? [])],
    stored: () => readAllOf(s3),
  };
}

/** How often the object was asked for in this way; longshore has others beside it. */
function asked(fake: FakeS3, operation: Operation): number {
  return fake.log.filter((each) => each.operation === operation && each.key === 'mine/film').length;
}

async function readAllOf(s3: Backend): Promise<Buffer> {
  return readAll(await s3.readObject({ container: 'films', key: 'mine/film' }, undefined, call));
}

async function killWhen(fake: FakeS3, program: Program, reached: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(reached()).toBe(true), PATIENT);
  program.kill('SIGKILL');
  await program.finished;
  expect(asked(fake, 'CompleteMultipartUpload')).toBe(0);
}

test('P5: kill -9 in the middle of an upload in parts: after the restart only missing parts are sent', async () => {
  const { fake, file, daemon, reconcile, uploads, stored } = await openPlace();
  const content = randomContent(62 * MIB);
  const parts = Math.ceil(62 / 5);
  writeFileSync(file, content);
  // From then on no part is answered, so that the moment of the end is in the middle for certain.
  fake.faults.next('UploadPart', undefined, 5);
  fake.faults.next('UploadPart', { kind: 'stall' }, 4);
  await killWhen(fake, daemon(), () => fake.faults.left === 0);
  const [upload] = uploads();
  const before = upload!.parts.size;
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(parts);
  const sent = asked(fake, 'UploadPart');
  const result = await reconcile();
  expect(result.code, result.stderr).toBe(0);
  expect(asked(fake, 'UploadPart') - sent).toBe(parts - before);
  expect(asked(fake, 'CreateMultipartUpload')).toBe(1);
  expect((await stored()).equals(content)).toBe(true);
  expect(uploads()).toEqual([]);
  const putsBefore = asked(fake, 'CreateMultipartUpload') + asked(fake, 'PutObject');
  expect((await reconcile()).code).toBe(0);
  expect(asked(fake, 'CreateMultipartUpload') + asked(fake, 'PutObject')).toBe(putsBefore);
  expect(asked(fake, 'GetObject'), 'nothing is read back to compare').toBe(1);
});

test('P5: kill -9 and another content meanwhile: the upload starts over, and what was begun is aborted', async () => {
  const { fake, file, daemon, reconcile, uploads, stored } = await openPlace();
  writeFileSync(file, randomContent(31 * MIB));
  fake.faults.next('UploadPart', undefined, 2);
  fake.faults.next('UploadPart', { kind: 'stall' }, 4);
  await killWhen(fake, daemon(), () => fake.faults.left === 0);
  const [old] = uploads();
  const content = randomContent(31 * MIB);
  writeFileSync(file, content);
  const sent = asked(fake, 'UploadPart');
  const result = await reconcile();
  expect(result.code, result.stderr).toBe(0);
  expect(asked(fake, 'UploadPart') - sent).toBe(7);
  expect(fake.log.some(({ operation, query }) => operation === 'AbortMultipartUpload' && query.get('uploadId') === old!.id)).toBe(true);
  expect((await stored()).equals(content)).toBe(true);
  expect(uploads()).toEqual([]);
});

test('P5: kill -9 after the completion: the object is recognised by its ETag, and no part is sent again', async () => {
  const { fake, file, daemon, reconcile, uploads } = await openPlace();
  const content = randomContent(21 * MIB);
  writeFileSync(file, content);
  fake.faults.next('CompleteMultipartUpload', { kind: 'lose-answer' });
  fake.faults.next('CompleteMultipartUpload', { kind: 'stall' });
  const program = daemon();
  await vi.waitFor(() => expect(fake.faults.left).toBe(0), PATIENT);
  program.kill('SIGKILL');
  await program.finished;
  const sent = asked(fake, 'UploadPart');
  const result = await reconcile('--json');
  expect(result.code, result.stderr).toBe(0);
  expect(asked(fake, 'UploadPart')).toBe(sent);
  expect(asked(fake, 'CreateMultipartUpload')).toBe(1);
  expect(asked(fake, 'GetObject')).toBe(0);
  expect(uploads()).toEqual([]);
});

test('P6: without its state, an object that was made of parts is adopted, neither sent nor read back', async () => {
  const { fake, file, reconcile } = await openPlace();
  writeFileSync(file, randomContent(21 * MIB));
  expect((await reconcile()).code).toBe(0);
  rmSync(join(file, '..', '..', 'state'), { recursive: true });
  const before = fake.log.length;
  const result = await reconcile('--json');
  expect(result.code, result.stderr).toBe(0);
  const about = fake.log.slice(before).filter(({ key }) => key === 'mine/film');
  const operations = new Set(about.map(({ operation }) => operation));
  for (const operation of ['UploadPart', 'PutObject', 'GetObject', 'CreateMultipartUpload'] as const)
    expect(operations).not.toContain(operation);
});

test('P7: a sparse file of a hundred parts goes through in parts of the smallest size', async () => {
  const { fake, file, reconcile, s3, uploads } = await openPlace();
  writeFileSync(file, 'begin');
  truncateSync(file, 500 * MIB);
  const result = await reconcile('--json');
  expect(result.code, result.stderr).toBe(0);
  expect(asked(fake, 'UploadPart')).toBe(100);
  expect(await s3.headObject({ container: 'films', key: 'mine/film' }, call)).toMatchObject({ size: 500 * MIB });
  expect(uploads()).toEqual([]);
});
