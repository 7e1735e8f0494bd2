import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../../src/alerts/run-command.js';
import { eventually } from '../world/eventually.js';
import { temporaryFolder } from '../world/folder.js';

const never = new AbortController().signal;

function script(text: string): { readonly file: string; readonly folder: string } {
  const folder = temporaryFolder('hook');
  const file = join(folder, 'hook.sh');
  writeFileSync(file, `#!/bin/sh\ncd ${folder}\n${text}\n`);
  chmodSync(file, 0o755);
  return { file, folder };
}

describe('a command of alerts', () => {
  test('gets its words unchanged by any shell, its variables, and its input', async () => {
    const { file, folder } = script('printf "%s|" "$@" "$FACT" >out; cat >>out; env >env');
    process.env['SECRET_OF_THE_DAEMON'] = 'x';
    await runCommand(
      {
        words: [file, '$(id)', 'a b', ';'],
        env: { PATH: process.env['PATH'], FACT: 'f' },
        input: 'in',
      },
      never,
    );
    delete process.env['SECRET_OF_THE_DAEMON'];
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('$(id)|a b|;|f|in');
    expect(readFileSync(join(folder, 'env'), 'utf8')).not.toContain('SECRET_OF_THE_DAEMON');
  });

  test('fails with its code and the beginning of its output, and with the reason when it cannot be run', async () => {
    const { file } = script('yes output | head -n 100000; exit 3');
    const error = await runCommand({ words: [file], env: process.env, input: '' }, never).catch(
      (reason: Error) => reason,
    );
    expect((error as Error).message).toMatch(/ended with exit code 3: output output/);
    expect((error as Error).message.length).toBeLessThan(400);
    await expect(
      runCommand({ words: ['/does/not/exist'], env: {}, input: '' }, never),
    ).rejects.toThrow('cannot be run');
  });

  test('need not read its input', async () => {
    const { file } = script('exit 0');
    const input = 'x'.repeat(10_000_000);
    await expect(
      runCommand({ words: [file], env: process.env, input }, never),
    ).resolves.toBeUndefined();
  });

  test('is killed with all that it has started when its time is over', async () => {
    const { file, folder } = script('sh -c "echo $$ >child; sleep 1000" & wait');
    const late = new AbortController();
    const running = runCommand({ words: [file], env: process.env, input: '' }, late.signal);
    await eventually(() => expect(existsSync(join(folder, 'child'))).toBe(true));
    await eventually(() => expect(readFileSync(join(folder, 'child'), 'utf8')).toMatch(/\d/));
    late.abort(new Error('too late'));
    await expect(running).rejects.toThrow('too late');
    const pid = Number(readFileSync(join(folder, 'child'), 'utf8'));
    await eventually(() => expect(isRunning(pid)).toBe(false));
  });
});

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
