import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  checkInChild,
  endPreparedCheck,
  prepareIndexCheck,
} from '../../src/state/check-in-child.js';
import { temporaryFolder } from '../world/folder.js';

/** Process numbers of the children of this process (proc(5)). Threads that end meanwhile have none. */
function children(): readonly number[] {
  return readdirSync('/proc/self/task').flatMap((thread) =>
    childrenOf(thread).split(' ').filter(Boolean).map(Number),
  );
}

function childrenOf(thread: string): string {
  try {
    return readFileSync(`/proc/self/task/${thread}/children`, 'latin1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return '';
    throw error;
  }
}

test('index check: a prepared process that was killed says nothing of the index', async () => {
  endPreparedCheck(); // a command that was tried in this process may have left one
  const before = new Set(children());
  prepareIndexCheck();
  const [prepared] = children().filter((pid) => !before.has(pid));
  expect(prepared).toBeDefined();
  process.kill(prepared ?? 0, 'SIGKILL');
  await expect.poll(children).not.toContain(prepared);
  await checkInChild('trial', join(temporaryFolder(), 'index.mdb'), undefined);
});

test('index check: its process reads no certificates', async () => {
  endPreparedCheck();
  const before = new Set(children());
  vi.stubEnv('NODE_EXTRA_CA_CERTS', '/etc/ssl/certs/ca-certificates.crt');
  onTestFinished(() => {
    endPreparedCheck();
    vi.unstubAllEnvs();
  });
  prepareIndexCheck();
  const [prepared] = children().filter((pid) => !before.has(pid));
  const environment = () => readFileSync(`/proc/${prepared}/environ`, 'latin1');
  expect(environment()).toContain('PATH=');
  expect(environment()).not.toContain('NODE_EXTRA_CA_CERTS');
});
