import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startReceiver } from '../alerts/receiver.js';
import { ACCOUNT, startFakeS3 } from '../fakes/s3/server.js';
import { eventually } from '../world/eventually.js';
import { run } from '../world/program.js';
import { openWorkspace } from '../world/workspace.js';

const LONG = 50_000;

async function openMirror(top: (receiver: string, folder: string) => string, mirror = '') {
  const [fake, receiver] = [await startFakeS3(), await startReceiver()];
  const { folder, start } = openWorkspace('alerts', () => fake.close());
  const config = join(folder, 'longshore.yaml');
  mkdirSync(join(folder, 'source'));
  writeFileSync(
    config,
    `state: ./state
${top(receiver.url, folder)}
targets:
  offsite: { driver: s3, profile: aws, region: us-east-1, host: 127.0.0.1, port: ${fake.port}, secure: false, key: ${ACCOUNT.accessKey}, secret: "${ACCOUNT.secret}" }
mirrors:
  - { name: documents, source: ./source, target: offsite, container: documents, settle: 20ms${mirror} }
`,
    { mode: 0o600 },
  );
  return {
    fake,
    receiver,
    folder,
    write: (name: string, content = name) => writeFileSync(join(folder, 'source', name), content),
    daemon: () => start(['--config', config, 'run']),
    longshore: (...args: string[]) => run(['--config', config, ...args], { cwd: folder }),
    kinds: () => receiver.documents().map(({ kind, condition }) => `${kind} ${condition}`),
  };
}

describe('messages of the daemon', () => {
  test('a target that goes down and comes back is two messages, over a kill -9 before and after the first', async () => {
    const { fake, write, daemon, kinds, longshore, receiver, folder } = await openMirror(
      (url) => `notify: [{ kind: webhook, url: "${url}/SECRET", after: 2s }]`,
    );
    write('a');
    let program = daemon();
    const state = async () =>
      (
        JSON.parse((await longshore('status', '--json')).stdout || '{}') as {
          mirrors?: [{ state: string }];
        }
      ).mirrors?.[0].state;
    const again = async () => {
      program.kill('SIGKILL');
      await program.finished;
      program = daemon();
    };
    await eventually(async () => expect(await state()).toBe('in-sync'), LONG);
    await fake.switchOff();
    write('b');
    await eventually(
      () =>
        expect(readFileSync(join(folder, 'state', 'alerts.json'), 'utf8')).toMatch(
          /pending|alarmed/,
        ),
      LONG,
    );
    await again();
    await eventually(() => expect(kinds()).toEqual(['alarm target-down']), LONG);
    await eventually(
      () =>
        expect(
          JSON.parse(readFileSync(join(folder, 'state', 'alerts.json'), 'utf8')),
        ).toMatchObject({ channels: { webhook: { waiting: [] } } }),
      LONG,
    );
    await again();
    await eventually(async () => expect(await state()).toBe('target-down'), LONG);
    await fake.switchOn();
    write('c');
    await eventually(
      () => expect(kinds()).toEqual(['alarm target-down', 'recovery target-down']),
      LONG,
    );
    program.kill('SIGTERM');
    const { code, stderr } = await program.finished;
    expect(code).toBe(0);
    expect(receiver.received[0]?.path).toBe('/SECRET');
    expect(stderr).not.toContain('SECRET');
  });

  test('status names a receiver that does not take its messages', async () => {
    const { fake, write, daemon, longshore } = await openMirror(
      () => 'notify: [{ kind: webhook, url: "http://127.0.0.1:9/SECRET", after: 0s }]',
    );
    write('a');
    daemon();
    const status = async () => (await longshore('status')).stdout;
    await eventually(async () => expect(await status()).toContain('in-sync'), LONG);
    await fake.switchOff();
    write('b');
    await eventually(
      async () => expect(await status()).toContain('webhook did not take the last message'),
      LONG,
    );
    expect(await status()).not.toContain('SECRET');
  });

  test('a heartbeat says start, and then success only while the mirror is in sync', async () => {
    const { fake, write, daemon, receiver } = await openMirror(
      (url) => `heartbeat: { url: "${url}/ping", form: healthchecks, every: 10s }`,
    );
    const paths = () => receiver.received.map(({ path }) => path);
    write('a');
    daemon();
    await eventually(() => expect(paths().slice(0, 2)).toEqual(['/ping/start', '/ping']), LONG);
    await fake.switchOff();
    write('b');
    await eventually(() => expect(paths()).toContain('/ping/fail'), LONG);
    expect(receiver.received.at(-1)?.body).toContain('documents is target-down');
  });
});

describe('a one-shot run', () => {
  test('reports held changes by a command, and the recovery, and calls up only after success', async () => {
    const { write, longshore, receiver, folder } = await openMirror(
      (url, at) =>
        `notify: [{ kind: command, run: [${at}/hook, "a b"] }]\nheartbeat: { url: "${url}/ping", form: uptime-kuma }`,
      ', guard: { count: 1, percentage: 1%, at_least: 1 }',
    );
    const hook = join(folder, 'hook');
    writeFileSync(
      hook,
      '#!/bin/sh\ncat >/dev/null\necho "$1: $LONGSHORE_KIND $LONGSHORE_CONDITION" >>hooked\n',
    );
    chmodSync(hook, 0o755);
    const hooked = () =>
      existsSync(join(folder, 'hooked')) ? readFileSync(join(folder, 'hooked'), 'utf8') : '';
    const beats = () =>
      receiver.received.map(({ path }) => new URL(path, 'http://x').searchParams.get('status'));

    for (const name of ['a', 'b', 'c', 'd']) write(name);
    expect((await longshore('reconcile')).code).toBe(0);
    expect([hooked(), beats()]).toEqual(['', ['up']]);

    for (const name of ['b', 'c', 'd']) rmSync(join(folder, 'source', name));
    for (let time = 0; time < 2; time += 1) expect((await longshore('reconcile')).code).toBe(4);
    expect(hooked()).toBe('a b: alarm held\n');
    expect(beats()).toEqual(['up', 'down', 'down']);

    // A run that changes nothing says nothing.
    await longshore('reconcile', '--dry-run');
    for (const name of ['b', 'c', 'd']) write(name);
    expect((await longshore('reconcile')).code).toBe(0);
    expect(hooked()).toBe('a b: alarm held\na b: recovery held\n');
    expect(beats()).toEqual(['up', 'down', 'down', 'up']);
  });
});

test('longshore notify test: says of each channel whether it took the message', async () => {
  const { longshore, receiver } = await openMirror(
    (url) => `notify:
  - { kind: webhook, url: "${url}/a" }
  - { kind: gotify, url: "${url}", token: t, name: phone }
  - { kind: command, run: ["/bin/false"] }`,
  );
  const all = await longshore('notify', 'test');
  expect(all.code).toBe(1);
  expect(all.stdout).toBe(
    'webhook: sent\nphone: sent\ncommand: failed: /bin/false: ended with exit code 1\n',
  );
  expect(receiver.received.map(({ path }) => path)).toEqual(['/a', '/message']);
  expect((await longshore('notify', 'test', 'phone')).code).toBe(0);
  expect(await longshore('notify', 'test', 'phon')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('did you mean "phone"?') as string,
  });
});
