import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { NEVER_ABORTED } from '../../src/signal.js';
import { askStatus } from '../../src/status/client.js';
import { endWhenDone } from '../world/end-when-done.js';
import { eventually } from '../world/eventually.js';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';

test('P9: SIGUSR1 opens no debugger, and neither SIGUSR2 nor SIGHUP ends anything', async () => {
  const mirror = openLocalMirror();
  mirror.write('a');
  const daemon = mirror.daemon();
  await expect.poll(mirror.objects).toEqual(['a']); // by now its threads run
  daemon.kill('SIGUSR1');
  daemon.kill('SIGUSR2');
  mirror.write('b');
  await expect.poll(mirror.objects).toEqual(['a', 'b']);
  daemon.kill('SIGHUP');
  await expect.poll(daemon.stderr).toContain('configuration unchanged');
  mirror.write('c');
  await expect.poll(mirror.objects).toEqual(['a', 'b', 'c']);
  const { stderr } = await endWhenDone(mirror, daemon);
  expect(stderr).toContain('draining why=SIGTERM');
  expect(stderr).not.toContain('Debugger');
});

test('P1: a daemon that is stopped while a change settles says so, and the next start mirrors it', async () => {
  const mirror = openLocalMirror();
  const config = join(mirror.folder, 'longshore.yaml');
  writeFileSync(
    config,
    readFileSync(config, 'utf8').replace('settle: 20ms', 'settle: 1h\n    settle_limit: 2h'),
  );
  mirror.write('a');
  const daemon = mirror.daemon();
  await expect.poll(mirror.objects).toEqual(['a']);
  mirror.write('b');
  const options = { stateFolder: mirror.state, clock: systemClock, signal: NEVER_ABORTED };
  await eventually(async () => {
    const { mirrors } = await askStatus(undefined, options);
    expect(mirrors).toMatchObject([{ state: 'transferring', queued: 0 }]);
  });
  daemon.kill('SIGTERM');
  const { code, stderr } = await daemon.finished;
  expect(stderr).toMatch(/work dropped.* mirror=documents objects=0 events=true/);
  expect(code).toBe(143);
  const again = mirror.daemon();
  await expect.poll(mirror.objects).toEqual(['a', 'b']);
  await endWhenDone(mirror, again);
});

test('a one-shot run that SIGHUP stops ends with its exit code', async () => {
  const mirror = openLocalMirror();
  for (let at = 0; at < 2_000; at += 1) mirror.write(`file ${at}`);
  const run = mirror.start('reconcile');
  await expect.poll(() => mirror.objects().length).toBeGreaterThan(0);
  run.kill('SIGHUP');
  expect((await run.finished).code).toBe(129);
  expect(mirror.objects().length).toBeLessThan(2_000);
});
