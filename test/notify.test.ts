import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../src/clock.js';
import type { Fields, Logger } from '../src/log.js';
import { silentLogger } from '../src/log.js';
import { type NotifierOptions, openNotifier } from '../src/notify.js';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A `systemd-notify` that writes down what it is told; `script` may make it do otherwise. */
async function fakeSystemd(script = 'printf "%s\\n" "$NOTIFY_SOCKET $*" >>"$0.told"') {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-notify-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  const program = join(folder, 'systemd-notify');
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  return {
    env: { NOTIFY_SOCKET: '/run/systemd/notify', PATH: folder },
    told: async () => (await readFile(`${program}.told`, 'utf8').catch(() => '')).split('\n').slice(0, -1),
  };
}

function notifierIn(env: NotifierOptions['env'], options: Partial<NotifierOptions> = {}) {
  const notifier = openNotifier({
    env,
    pid: 7,
    clock: systemClock,
    log: silentLogger,
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

test('each change of state is one message, in order', async () => {
  const { env, told } = await fakeSystemd();
  const notifier = notifierIn(env);
  await Promise.all([notifier.ready(), notifier.reloading(), notifier.ready(), notifier.stopping()]);
  expect(await told()).toEqual(['READY=1', 'RELOADING=1', 'READY=1', 'STOPPING=1'].map((message) => `/run/systemd/notify ${message}`));
});

test('a status goes out with the next message, the newest text only, and cannot carry another assignment', async () => {
  const { env, told } = await fakeSystemd();
  const notifier = notifierIn(env);
  notifier.status('scanning');
  notifier.status('3 of 5 done\nMAINPID=1');
  await notifier.ready();
  notifier.status('3 of 5 done\nMAINPID=1');
  await notifier.stopping();
  expect(await told()).toEqual(['/run/systemd/notify READY=1 STATUS=3 of 5 done\\u000aMAINPID=1', '/run/systemd/notify STOPPING=1']);
});

test('many status texts are few messages', async () => {
  const { env, told } = await fakeSystemd();
  let nowMs = 0;
  const timers: { atMs: number; run: () => void }[] = [];
  const clock = {
    ...systemClock,
    monotonic: () => nowMs,
    after: (ms: number, run: () => void) => {
      timers.push({ atMs: nowMs + ms, run });
      return () => {};
    },
  };
  const notifier = notifierIn(env, { clock });
  for (; nowMs < 60_000; nowMs += 100) {
    notifier.status(`at ${nowMs}`);
    for (const timer of timers.splice(0)) timer.atMs <= nowMs ? timer.run() : timers.push(timer);
  }
  await notifier.close();
  expect((await told()).length).toBeGreaterThanOrEqual(6);
  expect((await told()).length).toBeLessThanOrEqual(7);
});

test('the watchdog is fed while work moves and starves while due work stands still', async () => {
  const { env, told } = await fakeSystemd();
  const { log, lines } = recordingLog();
  let steps = 0;
  let moving = true;
  const progress = () => ({ due: true, steps: moving ? steps++ : steps });
  const notifier = notifierIn({ ...env, WATCHDOG_USEC: '40000', WATCHDOG_PID: '7' }, { progress, log, stallMs: 30 });
  const fed = async () => (await told()).filter((line) => line.includes('WATCHDOG=1')).length;
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
  const { env, told } = await fakeSystemd();
  const notifier = notifierIn({ ...env, WATCHDOG_USEC: '20000' });
  notifier.status('bye');
  await expect.poll(async () => (await told()).length).toBeGreaterThan(1);
  await notifier.close();
  const count = (await told()).length;
  await systemClock.sleep(100);
  expect((await told()).length).toBe(count);
});

test('a systemd-notify that fails, or is missing, is told once and is never fatal', async () => {
  for (const env of [(await fakeSystemd('exit 1')).env, { NOTIFY_SOCKET: '/run/systemd/notify', PATH: '/nonexistent' }]) {
    const { log, lines } = recordingLog();
    const notifier = notifierIn(env, { log });
    await notifier.ready();
    await notifier.stopping();
    expect(lines).toMatchObject([{ event: 'systemd notification failed', fields: { message: 'READY=1' } }]);
  }
});

test('without NOTIFY_SOCKET nothing is spawned and nothing is asked', async () => {
  const { env, told } = await fakeSystemd();
  let asked = 0;
  const progress = () => ({ due: false, steps: asked++ });
  const notifier = notifierIn({ PATH: env.PATH, WATCHDOG_USEC: '2000' }, { progress });
  notifier.status('unheard');
  await notifier.ready();
  await systemClock.sleep(50);
  await notifier.close();
  expect(await told()).toEqual([]);
  expect(asked).toBe(0);
});
