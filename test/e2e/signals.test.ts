import { expect, test } from 'vitest';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';

test('P9: SIGUSR1 opens no debugger and SIGUSR2 ends nothing; SIGHUP drains like SIGTERM', async () => {
  const place = openLocalMirror();
  place.write('a');
  const daemon = place.daemon();
  await expect.poll(place.objects).toEqual(['a']); // by now its threads run
  daemon.kill('SIGUSR1');
  daemon.kill('SIGUSR2');
  place.write('b');
  await expect.poll(place.objects).toEqual(['a', 'b']);
  daemon.kill('SIGHUP');
  const { code, stderr } = await daemon.finished;
  expect(stderr).toContain('draining why=SIGHUP');
  expect(stderr).not.toContain('Debugger');
  expect(code).toBe(0);
});

test('a one-shot run that SIGHUP stops ends with its exit code', async () => {
  const place = openLocalMirror();
  for (let at = 0; at < 2_000; at += 1) place.write(`file ${at}`);
  const run = place.start('reconcile');
  await expect.poll(() => place.objects().length).toBeGreaterThan(0);
  run.kill('SIGHUP');
  expect((await run.finished).code).toBe(129);
  expect(place.objects().length).toBeLessThan(2_000);
});
