import { expect, test } from 'vitest';
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
  daemon.kill('SIGTERM');
  const { code, stderr } = await daemon.finished;
  expect(stderr).toContain('draining why=SIGTERM');
  expect(stderr).not.toContain('Debugger');
  expect(code).toBe(0);
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
