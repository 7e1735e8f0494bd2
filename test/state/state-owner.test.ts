import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../world/folder.js';
import { opened } from './filled-state.js';

const UNPRIVILEGED = 65_534;

async function folderOfMode(mode: number): Promise<string> {
  const folder = join(temporaryFolder(), 'state');
  await mkdir(folder);
  await chmod(folder, mode);
  return folder;
}

test('state folder: refused when every user may write to it, with the command that mends it', async () => {
  for (const mode of [0o777, 0o1777, 0o702]) {
    const folder = await folderOfMode(mode);
    await expect(opened(folder)).rejects.toThrow(`chmod o-w '${folder}'`);
    await chmod(folder, mode & ~0o002);
    await (await opened(folder, 'lowdb')).close();
  }
});

// Takes root.
test.skipIf(process.getuid?.() !== 0)(
  'state folder: refused when it belongs to another user, with the command that mends it',
  async () => {
    const folder = await folderOfMode(0o700);
    await chown(folder, UNPRIVILEGED, UNPRIVILEGED);
    await expect(opened(folder)).rejects.toThrow(
      `belongs to user 65534, and longshore runs as user 0: run longshore as that user, or`,
    );
    await expect(opened(folder)).rejects.toThrow(`chown -R 0:${process.getgid?.()} '${folder}'`);
  },
);
