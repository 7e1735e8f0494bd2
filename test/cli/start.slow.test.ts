import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { openConsole, writeConfig } from './console.js';

const WAITING = fileURLToPath(new URL('./waiting-child.js', import.meta.url));
const ENDING = fileURLToPath(new URL('./ending-child.js', import.meta.url));

it('P8: the process does not end, as a success, while its work waits for a timer that keeps nothing alive', async () => {
  const console = openConsole();
  onTestFinished(() => console.remove());
  writeConfig(console.folder);
  const running = promisify(execFile)(process.execPath, [WAITING, 'scan'], { cwd: console.folder });
  await expect(running).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('the timer is over'),
  });
});

it('a command that has ended leaves no timer that its process would wait for', async () => {
  const console = openConsole();
  onTestFinished(() => console.remove());
  writeConfig(console.folder);
  const { stdout } = await promisify(execFile)(process.execPath, [ENDING, 'check'], {
    cwd: console.folder,
  });
  expect(stdout).toMatch(/^left: /m);
  expect(stdout).not.toMatch(/^left: .*(Timeout|Immediate)/m);
});
