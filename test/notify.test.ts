import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../src/clock.js';
import type { Fields, Logger } from '../src/log.js';
import { silentLogger } from '../src/log.js';
import { type NotifierOptions, openNotifier } from '../src/notify.js';
import { fakeClock } from './fakes/clock.js';
import { readDatagrams } from './world/datagrams.js';
import { createFolder, removeFolder } from './world/folder.js';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/**
 * A `systemd-notify` that records its messages: nothing listens at the socket, so that this is the way of each; `script` replaces
 * what it does.
 */
async function fakeSystemd(script = 'printf "%s\\n" "$NOTIFY_SOCKET $*" >>"$0.sent"') {
  const folder = createFolder('notify');
  cleanups.push(() => removeFolder(folder));
  const program = join(folder, 'systemd-notify');
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  return {
    env: { NOTIFY_SOCKET: '/nowhere/notify', PATH: folder },
    sent: async () =>
      (await readFile(`${program}.sent`, 'utf8').catch(() => '')).split('\n').slice(0, -1),
  };
}

function notifierIn(env: NotifierOptions['env'], options: Partial<NotifierOptions> = {}) {
  const notifier = openNotifier({
    env,
    pid: 7,
    clock: systemClock,
    log: silentLogger,
    status: () => '',
    progress: () => ({ due: false, steps: 0 }),
    ...options,
  });
  cleanups.unshift(() => notifier.close());
  return notifier;
}

function recordingLog() {
  const lines: { event: string; fields: Fields | undefined }[] = [];
  const keep = (event: string, fields?: Fields) => void lines.push({ event, fields });
  const log: Logger = { ...silentLogger, warn: keep, error: keep };
  return { log, lines };
}

const withoutTime = (message: string) => message.replace(/(?<=MONOTONIC_USEC=)\d+/, 'N');

test('reloading names the time of CLOCK_MONOTONIC, which lies between the readings around it', async () => {
  const { env, sent } = await fakeSystemd();
  const notifier = notifierIn(env);
  const before = process.hrtime.bigint() / 1_000n;
  await notifier.reloading();
  const [message = ''] = await sent();
  const atUsec = BigInt(/MONOTONIC_USEC=(\d+)/.exec(message)?.[1] ?? -1);
  expect(atUsec >= before && atUsec <= process.hrtime.bigint() / 1_000n).toBe(true);
});

test('each change of state is one message, in order', async () => {
  const { env, sent } = await fakeSystemd();
  const notifier = notifierIn(env);
  await Promise.all([
    notifier.ready(),
    notifier.reloading(),
    notifier.ready(),
    notifier.stopping(30_000),
  ]);
  expect((await sent()).map(withoutTime)).toEqual(
    [
      'READY=1',
      'RELOADING=1 MONOTONIC_USEC=N',
      'READY=1',
      'STOPPING=1 EXTEND_TIMEOUT_USEC=30000000',
    ].map((message) => `/nowhere/notify ${message}`),
  );
});

test('notifier: messages go straight to the socket of systemd, without a child', async () => {
  const folder = createFolder('notify');
  cleanups.push(() => removeFolder(folder));
  const address = join(folder, 'socket');
  const systemd = await readDatagrams(address);
  const notifier = notifierIn({ NOTIFY_SOCKET: address, PATH: folder }, { status: () => 'fine' });
  await notifier.ready();
  await notifier.stopping(1000);
  await expect
    .poll(systemd.received)
    .toEqual(['READY=1\nSTATUS=fine', 'STOPPING=1\nEXTEND_TIMEOUT_USEC=1000000']);
  await systemd.close();
});

test('the status goes with a message when it has changed, and cannot carry another assignment', async () => {
  const { env, sent } = await fakeSystemd();
  let status = '3 of 5 done\nMAINPID=1';
  const notifier = notifierIn(env, { status: () => status });
  await notifier.ready();
  await notifier.reloading();
  status = '5 of 5 done';
  await notifier.ready();
  expect((await sent()).map(withoutTime)).toEqual([
    '/nowhere/notify READY=1 STATUS=3 of 5 done\\u000aMAINPID=1',
    '/nowhere/notify RELOADING=1 MONOTONIC_USEC=N',
    '/nowhere/notify READY=1 STATUS=5 of 5 done',
  ]);
});

test('notifier: sends the status without another message, once for each change', async () => {
  const { env, sent } = await fakeSystemd();
  let asked = 0;
  const clock = {
    ...systemClock,
    sleep: (_ms: number, signal?: AbortSignal) => systemClock.sleep(1, signal),
  };
  const notifier = notifierIn(env, { clock, status: () => `part ${Math.floor(asked++ / 5)}` });
  await expect.poll(() => asked).toBeGreaterThan(15);
  await notifier.close();
  expect((await sent()).slice(0, 3)).toEqual(
    ['STATUS=part 0', 'STATUS=part 1', 'STATUS=part 2'].map((m) => `/nowhere/notify ${m}`),
  );
});

test('notifier: a status that throws is logged and delays no message', async () => {
  const { env, sent } = await fakeSystemd();
  const { log, lines } = recordingLog();
  let broken = true;
  const status = () => {
    if (broken) throw new Error('index closed');
    return 'fine';
  };
  const notifier = notifierIn(env, { log, status });
  await notifier.ready();
  broken = false;
  await notifier.ready();
  expect(lines.map(({ event }) => event)).toEqual(['status failed']);
  expect(await sent()).toEqual(['/nowhere/notify READY=1', '/nowhere/notify READY=1 STATUS=fine']);
});

test('the watchdog is fed while work moves and starves while due work stands still', async () => {
  const { env, sent } = await fakeSystemd();
  const { log, lines } = recordingLog();
  let steps = 0;
  let moving = true;
  const progress = () => ({ due: true, steps: moving ? steps++ : steps });
  const notifier = notifierIn(
    { ...env, WATCHDOG_USEC: '40000', WATCHDOG_PID: '7' },
    { progress, log, stallMs: 30 },
  );
  const fed = async () => (await sent()).filter((line) => line.includes('WATCHDOG=1')).length;
  await expect.poll(fed).toBeGreaterThan(2);

  moving = false;
  await expect.poll(() => lines.length).toBeGreaterThan(1);
  expect(lines[0]?.event).toBe('no progress, watchdog not fed');
  const before = await fed();
  const seen = lines.length;
  await expect.poll(() => lines.length).toBeGreaterThan(seen + 1);
  expect(await fed()).toBe(before);

  moving = true;
  await expect.poll(fed).toBeGreaterThan(before);
  await notifier.close();
});

test('after close nothing more is sent', async () => {
  const { env, sent } = await fakeSystemd();
  const clock = fakeClock();
  let asked = 0;
  const notifier = notifierIn(
    { ...env, WATCHDOG_USEC: '20000' },
    { clock, status: () => `asked ${asked++}` },
  );
  await clock.advance(10);
  await notifier.close();
  const closed = await sent();
  expect(closed[0]).toBe('/nowhere/notify WATCHDOG=1 STATUS=asked 0');
  await clock.advance(60_000);
  await notifier.ready(); // goes out behind all that was posted before it
  expect((await sent()).slice(closed.length)).toEqual(['/nowhere/notify READY=1 STATUS=asked 2']);
});

test('a systemd-notify that fails, or is missing, is logged once and is never fatal', async () => {
  for (const env of [
    (await fakeSystemd('exit 1')).env,
    { NOTIFY_SOCKET: '/nowhere/notify', PATH: '/nonexistent' },
  ]) {
    const { log, lines } = recordingLog();
    const notifier = notifierIn(env, { log });
    await notifier.ready();
    await notifier.stopping(30_000);
    expect(lines).toMatchObject([
      { event: 'systemd notification failed', fields: { error: expect.any(Error) } },
    ]);
  }
});

test('without NOTIFY_SOCKET nothing is spawned and nothing is asked', async () => {
  const { env, sent } = await fakeSystemd();
  const clock = fakeClock();
  let asked = 0;
  const progress = () => ({ due: false, steps: asked++ });
  const notifier = notifierIn(
    { PATH: env.PATH, WATCHDOG_USEC: '2000' },
    { clock, progress, status: () => `asked ${asked++}` },
  );
  await notifier.ready();
  await clock.advance(60_000);
  await notifier.close();
  expect(await sent()).toEqual([]);
  expect(asked).toBe(0);
});
