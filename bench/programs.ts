import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { project } from './published.js';
import type { Machine } from './result.js';

const manifest = JSON.parse(readFileSync(`${project}/package.json`, 'utf8')) as {
  readonly version: string;
  readonly bin: { readonly longshore: string };
};

/** The built program, as the package installs it. */
export const MAIN = `${project}/${manifest.bin.longshore}`;

/** How each peer is asked for its version. */
const PEERS: Readonly<Record<string, string>> = {
  rclone: 'version',
  rsync: '--version',
  cp: '--version',
  find: '--version',
  aws: '--version',
  strace: '--version',
  md5sum: '--version',
};

/** Returns the first line of what each program says of its version. What is not on this machine is missing. */
export function findPrograms(): Readonly<Record<string, string>> {
  const found: Record<string, string> = {
    longshore: `${manifest.version} ${commit()}`.trim(),
    node: process.version,
  };
  for (const [name, argument] of Object.entries(PEERS)) {
    const { status, stdout } = spawnSync(name, [argument], { encoding: 'utf8' });
    if (status === 0) found[name] = stdout.split('\n')[0]?.trim() ?? '';
  }
  return found;
}

function commit(): string {
  try {
    const hash = git('rev-parse', '--short', 'HEAD');
    const changed = git('status', '--porcelain', 'src') !== '';
    return `(${hash}${changed ? ', changed' : ''})`;
  } catch {
    return '';
  }
}

function git(...args: readonly string[]): string {
  const { status, stdout } = spawnSync('git', args, { cwd: project, encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${args.join(' ')} failed`);
  return stdout.trim();
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
  };
}
