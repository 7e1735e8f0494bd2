import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from '../../world/program.js';
import { canMount } from '../../world/rights.js';
import type { Paths } from '../world.js';

/** `bound`: the folder itself is mounted. `served`: by a process that answers for it, as a file server does. */
export type ShareKind = 'bound' | 'served';

/** How one worker sees the source: mounted, in a mount namespace of its own, as on another machine. */
export interface Share {
  readonly kind: ShareKind;
  /** The command that runs the worker, with its first arguments. */
  readonly around: readonly string[];
  /** What follows is done to a worker that works. */
  unmount(worker: Program): void;
  /** Mounts the source, or another folder, where nothing is mounted. */
  mount(worker: Program, folder: string): void;
  /** Of a served share: its process. Calls on files fail from then on, or wait. */
  endServer(): void;
  freezeServer(): void;
  thawServer(): void;
  /** The worker has ended. */
  close(): void;
}

/** Which of them a process may have here. mergerfs is a file system in a process that keeps inodes and times. */
export const SHARES: readonly ShareKind[] = [
  ...(canMount ? (['bound'] as const) : []),
  ...(canMount && existsSync('/dev/fuse') && spawnSync('mergerfs', ['-V']).status === 0
    ? (['served'] as const)
    : []),
];

/** Nothing is cached: what the worker sees of a file is never older than its question. */
const SERVED =
  'use_ino,inodecalc=passthrough,cache.attr=0,cache.entry=0,cache.negative_entry=0,cache.files=off,category.create=ff';

const BIND = `mount --bind "$1" "$2"
shift 3
exec "$@"`;
const SERVE = `mergerfs -f -o ${SERVED} "$1" "$2" </dev/null >/dev/null 2>&1 &
echo $! >"$3"
until mountpoint -q "$2"; do sleep 0.05; done
shift 3
exec "$@"`;

/** Where the source is mounted in the namespace of each worker. In the others nothing is there. */
export function mountPoint({ folder }: Pick<Paths, 'folder'>): string {
  return join(folder, 'nas');
}

/** `number`: another one for each worker. */
export function openShare(
  paths: Pick<Paths, 'folder' | 'source'>,
  kind: ShareKind,
  number: number,
): Share {
  const at = mountPoint(paths);
  mkdirSync(at, { recursive: true });
  const server = join(paths.folder, `file-server-${number}`);
  const script = kind === 'bound' ? BIND : SERVE;

  function inside({ child }: Program, ...command: readonly string[]): void {
    // One that has just ended has no share any more.
    spawnSync('nsenter', ['--target', String(child.pid), '--mount', ...command]);
  }

  function signal(name: NodeJS.Signals): void {
    if (kind === 'served' && existsSync(server)) kill(Number(readFileSync(server, 'utf8')), name);
  }

  return {
    kind,
    around: ['unshare', '--mount', 'sh', '-ec', script, 'sh', paths.source, at, server],
    unmount: (worker) => inside(worker, 'umount', '--lazy', at),
    mount: (worker, folder) => inside(worker, 'mount', '--bind', folder, at),
    endServer: () => signal('SIGKILL'),
    freezeServer: () => signal('SIGSTOP'),
    thawServer: () => signal('SIGCONT'),
    close: () => signal('SIGKILL'),
  };
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    if (pid > 0) process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}
