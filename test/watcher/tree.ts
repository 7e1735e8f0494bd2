import { execFileSync, spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Walked } from './walked.js';

/** A folder that goes away with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files with the folders above them; the content is the path unless it is given. */
export function plant(
  root: string,
  files: readonly string[] | Readonly<Record<string, string>>,
): void {
  const contents = Array.isArray(files)
    ? Object.fromEntries(files.map((path) => [path, path]))
    : files;
  for (const [path, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), String(content));
  }
}

const isRoot = process.getuid?.() === 0;

/** Root may read everything, so those cases need a child process of somebody else. */
export const canDropRights = !isRoot || spawnSync('setpriv', ['--version']).status === 0;

/** Whether file systems can be mounted here, which takes root and is not allowed in most containers. */
export const canMount =
  isRoot &&
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()]).status === 0;

/** As `walked`, by a user without special rights. */
export function walkedWithoutRights(root: string): Walked {
  const dropRights = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
  const [command = '', ...args] = [
    ...dropRights,
    process.execPath,
    fileURLToPath(new URL('walk-child.js', import.meta.url)),
    root,
  ];
  return JSON.parse(
    execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
  );
}

/** Every regular file, found in the plainest way, in the order of bytes. */
export function filesBelow(root: string, folder = ''): string[] {
  const below = readdirSync(join(root, folder)).flatMap((name) => {
    const path = folder === '' ? name : `${folder}/${name}`;
    const stat = lstatSync(join(root, path));
    if (stat.isDirectory()) return filesBelow(root, path);
    return stat.isFile() ? [path] : [];
  });
  return below.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
