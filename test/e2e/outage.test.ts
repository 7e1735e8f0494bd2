import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ACCOUNT, type FakeS3, startFakeS3 } from '../fakes/s3/server.js';
import { endWhenDone } from '../world/end-when-done.js';
import { eventually } from '../world/eventually.js';
import { run } from '../world/program.js';
import { openWorkspace } from '../world/workspace.js';

const LONG = 50_000;

async function openMirror(lease = '10m') {
  const fake = await startFakeS3();
  const { folder, start } = openWorkspace('outage', () => fake.close());
  const config = join(folder, 'longshore.yaml');
  mkdirSync(join(folder, 'source'));
  writeFileSync(
    config,
    `state: ./state
targets:
  offsite: { driver: s3, profile: aws, region: us-east-1, host: 127.0.0.1, port: ${fake.port}, secure: false, key: ${ACCOUNT.accessKey}, secret: "${ACCOUNT.secret}" }
mirrors:
  - { name: documents, source: ./source, target: offsite, container: documents, settle: 20ms, lease: ${lease} }
`,
  );
  return {
    fake,
    state: join(folder, 'state'),
    path: (name: string) => join(folder, 'source', name),
    daemon: () => start(['--config', config, 'run']),
    async status() {
      const { stdout } = await run(['--config', config, 'status', '--json'], { cwd: folder });
      return (JSON.parse(stdout) as { mirrors: [Record<string, unknown>] }).mirrors[0];
    },
  };
}

/** Names and contents of what is stored, without what longshore itself keeps. */
function stored({ rules: { store } }: FakeS3): ReadonlyMap<string, string> {
  const bucket = store.buckets.get('documents');
  if (bucket === undefined) return new Map();
  return new Map(
    store
      .keys(bucket)
      .filter((key) => !key.startsWith('.longshore/'))
      .map((key) => [key, store.object(bucket, key).bytes.toString()]),
  );
}

test('a target that is down for a while: a bounded amount of work waits, no object is quarantined, and all arrive', async () => {
  const { fake, path, daemon, status } = await openMirror();
  for (const name of ['kept', 'changed', 'gone']) writeFileSync(path(name), name);
  const program = daemon();
  await eventually(() => expect(stored(fake).size).toBe(3));
  await fake.switchOff();

  appendFileSync(path('changed'), ' since');
  rmSync(path('gone'));
  const wanted = new Map([
    ['kept', 'kept'],
    ['changed', 'changed since'],
  ]);
  for (let file = 0; file < 6_000; file += 1) {
    writeFileSync(path(`f${file}`), `content ${file}`);
    wanted.set(`f${file}`, `content ${file}`);
  }
  await eventually(
    async () => expect(await status()).toMatchObject({ state: 'target-down' }),
    LONG,
  );
  // More is due than may wait in memory (6 batches of 512 files, and 1,000 jobs); what is too much waits where it was found.
  await eventually(
    async () => expect(Number((await status())['queued'])).toBeGreaterThan(100),
    LONG,
  );
  expect(Number((await status())['queued'])).toBeLessThan(4_200);
  expect(await status()).toMatchObject({ retrying: 0, quarantined: [], totals: { failed: 0 } });

  await fake.switchOn();
  await eventually(
    () => expect(new Map([...stored(fake)].toSorted())).toEqual(new Map([...wanted].toSorted())),
    LONG,
  );
  await eventually(async () =>
    expect(await status()).toMatchObject({
      state: 'in-sync',
      quarantined: [],
      totals: { failed: 0 },
    }),
  );
  expect(program.stderr()).not.toMatch(/object failed/);
  program.kill('SIGTERM');
  expect((await program.finished).code).toBe(0);
}, 120_000);

test('P5: a daemon that is killed and started while its target is down finds all changes, and outlives its own lease', async () => {
  const { fake, state, path, daemon } = await openMirror('3s');
  writeFileSync(path('before'), 'before');
  const first = daemon();
  await eventually(() => expect(stored(fake).size).toBe(1));
  await fake.switchOff();
  writeFileSync(path('first outage'), 'x');
  first.kill('SIGKILL');
  await first.finished;
  const second = daemon();
  await eventually(() => expect(second.stderr()).toMatch(/target-down/));
  rmSync(path('before'));
  await fake.switchOn();
  await eventually(() => expect([...stored(fake).keys()]).toEqual(['first outage']), LONG);

  await fake.switchOff();
  // Longer than the lease is valid: before the daemon writes again it reads whether the lease is still its own.
  await eventually(() => expect(second.stderr()).toMatch(/lease renewal failed/), LONG);
  writeFileSync(path('second outage'), 'y');
  await eventually(() => expect(second.stderr()).toMatch(/target is down/), LONG);
  await fake.switchOn();
  await eventually(
    () => expect([...stored(fake).keys()]).toEqual(['first outage', 'second outage']),
    LONG,
  );
  expect(second.stderr()).not.toMatch(/target-held|object failed/);
  await endWhenDone({ state }, second);
}, 120_000);
