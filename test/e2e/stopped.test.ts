import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Operation } from '../fakes/s3/request.js';
import { ACCOUNT, type FakeS3, startFakeS3 } from '../fakes/s3/server.js';
import type { Program } from '../world/program.js';
import { openWorkspace } from '../world/workspace.js';

// Each test holds the program in one phase, by a request that the server does not answer or by work for hours, and stops it there.

const COMMANDS = [
  ['reconcile', 143],
  ['run', 0],
] as const;

/** Of a stop with work that is known and dropped. */
const WORK_DROPPED = 143;

interface Mirror {
  readonly fake: FakeS3;
  /** Makes a file of the source. */
  write(name: string): void;
  start(command: string): Program;
}

async function openMirror({ profile = 'aws', target = '' } = {}): Promise<Mirror> {
  const fake = await startFakeS3();
  const { folder, start } = openWorkspace('stopped', () => fake.close());
  mkdirSync(join(folder, 'source'));
  writeFileSync(
    join(folder, 'longshore.yaml'),
    `state: ./state
drain: 10min
targets:
  s3: { driver: s3, profile: ${profile}, region: us-east-1, host: ${fake.host}, port: ${fake.port}, secure: false, key: ${ACCOUNT.accessKey}, secret: { env: SECRET }${target} }
mirrors:
  - { name: documents, source: ./source, target: s3, container: documents, settle: 20ms }
`,
  );
  return {
    fake,
    write: (name) => writeFileSync(join(folder, 'source', name), name),
    start: (command) =>
      start(['--config', join(folder, 'longshore.yaml'), command], {
        env: { SECRET: ACCOUNT.secret },
      }),
  };
}

async function isHeld({ fake }: Mirror, operation: Operation, requests = 1): Promise<void> {
  await expect.poll(() => fake.doors.arrived(operation)).toBe(requests);
}

async function isDraining(program: Program): Promise<void> {
  await expect.poll(program.stderr).toContain('draining why=SIGTERM');
}

const objects = ({ fake }: Mirror) =>
  [...(fake.rules.store.buckets.get('documents')?.objects.keys() ?? [])].filter(
    (key) => !key.startsWith('.'),
  );

test.each(COMMANDS)(
  '%s: SIGTERM begins no waiting upload, lets running ones finish, and the exit code is not 0',
  async (command) => {
    const mirror = await openMirror({ target: ', concurrency: 4' });
    for (let at = 0; at < 1_200; at += 1) mirror.write(`file ${at}`);
    mirror.fake.doors.close('PutObject');
    const program = mirror.start(command);
    await isHeld(mirror, 'PutObject', 1);
    mirror.fake.doors.open('PutObject'); // the lease
    await expect.poll(() => objects(mirror).length).toBeGreaterThan(20);
    mirror.fake.doors.close('PutObject');
    await isHeld(mirror, 'PutObject', 4);
    const before = objects(mirror).length;
    program.kill('SIGTERM');
    await isDraining(program);
    mirror.fake.doors.open('PutObject');
    const { code, stderr } = await program.finished;
    expect(code).toBe(WORK_DROPPED);
    expect(objects(mirror)).toHaveLength(before + 4);
    if (command === 'run') expect(stderr).toMatch(/work dropped.* mirror=documents objects=\d+/);
    expect(stderr).not.toContain('state=in-sync');
  },
);

test.each(COMMANDS)('%s: SIGTERM ends a listing that gets no answer', async (command, code) => {
  const mirror = await openMirror();
  mirror.write('file');
  mirror.fake.doors.close('ListObjects');
  const program = mirror.start(command);
  await isHeld(mirror, 'ListObjects');
  program.kill('SIGTERM');
  expect((await program.finished).code).toBe(code);
  expect(objects(mirror)).toEqual([]);
});

test.each(COMMANDS)(
  '%s: SIGTERM ends a request for a lease that gets no answer',
  async (command, code) => {
    const mirror = await openMirror();
    mirror.write('file');
    mirror.fake.doors.close('PutObject');
    const program = mirror.start(command);
    await isHeld(mirror, 'PutObject');
    program.kill('SIGTERM');
    expect((await program.finished).code).toBe(code);
    expect(objects(mirror)).toEqual([]);
  },
);

test.each(COMMANDS)(
  '%s: SIGTERM ends a start that waits for the detection of the provider',
  async (command, code) => {
    const mirror = await openMirror({ profile: 'auto' });
    mirror.write('file');
    mirror.fake.doors.close('ListBuckets');
    const program = mirror.start(command);
    await isHeld(mirror, 'ListBuckets');
    program.kill('SIGTERM');
    const { code: ended, stderr } = await program.finished;
    expect(ended, stderr).toBe(code);
  },
);

test.each(COMMANDS)('%s: a request that fails after SIGTERM is not repeated', async (command) => {
  const mirror = await openMirror();
  mirror.write('file');
  const program = mirror.start(command);
  mirror.fake.doors.close('ListObjects');
  await isHeld(mirror, 'ListObjects');
  mirror.fake.doors.close('PutObject');
  mirror.fake.doors.open('ListObjects');
  mirror.fake.faults.next('PutObject', { kind: 'refuse', status: 500, code: 'InternalError' });
  await isHeld(mirror, 'PutObject');
  program.kill('SIGTERM');
  await isDraining(program);
  mirror.fake.doors.open('PutObject');
  expect((await program.finished).code).toBe(WORK_DROPPED);
  expect(
    mirror.fake.log.filter(({ operation, key }) => operation === 'PutObject' && key === 'file'),
  ).toHaveLength(1);
});

test.each(COMMANDS)('%s: a second SIGTERM ends uploads that get no answer', async (command) => {
  const mirror = await openMirror();
  mirror.write('file');
  const program = mirror.start(command);
  mirror.fake.doors.close('ListObjects');
  await isHeld(mirror, 'ListObjects');
  mirror.fake.doors.close('PutObject');
  mirror.fake.doors.open('ListObjects');
  await isHeld(mirror, 'PutObject');
  program.kill('SIGTERM');
  await isDraining(program);
  program.kill('SIGTERM');
  // The lease cannot be released while the door is closed: the process may end by the signal.
  expect([WORK_DROPPED, 'SIGTERM']).toContain((await program.finished).code);
  expect(objects(mirror)).toEqual([]);
});
