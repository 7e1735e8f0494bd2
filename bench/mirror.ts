// The main jobs on a local target against rsync and rclone, in the same run: npm run bench -- mirror [ROUNDS]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeTree } from '../test/world/tree.js';
import { report, type Timing, time } from './comparison.js';

const MAIN = fileURLToPath(new URL('../bundle/main.js', import.meta.url));
const rounds = Number(process.argv[2] ?? 3);

function config(folder: string, fsync: boolean, round: number): string {
  const file = join(folder, `longshore-${fsync}-${round}.yaml`);
  writeFileSync(
    file,
    `state: ./state-${fsync}-${round}
log: { level: error }
targets:
  vault: { driver: local, root: ./vault-${fsync}-${round}, fsync: ${fsync} }
mirrors:
  - { name: bench, source: ./source, target: vault, container: bench }
`,
  );
  return file;
}

const longshore = (file: string, ...args: readonly string[]) => [
  process.execPath,
  MAIN,
  '--config',
  file,
  ...args,
];
const rclone = (folder: string, to: string) => [
  'rclone',
  'sync',
  '--config',
  '/dev/null',
  join(folder, 'source'),
  join(folder, to),
];
const rsync = (folder: string, to: string) => [
  'rsync',
  '-a',
  '--delete',
  `${join(folder, 'source')}/`,
  `${join(folder, to)}/`,
];
const settle = () => spawnSync('sync');

function firstMirror(): void {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-bench-'));
  try {
    makeTree(join(folder, 'source'), 10_000, 100, 4096);
    const runs: Record<string, Timing[]> = {
      'longshore, fsync: false': [],
      'longshore, fsync: true': [],
      'rsync -a': [],
      'rclone sync': [],
    };
    // Each round into new folders: ext4 without a journal is slow to create where something was removed a minute ago.
    for (let round = 0; round < rounds; round += 1) {
      const jobs: Record<string, readonly string[]> = {
        'longshore, fsync: false': longshore(config(folder, false, round), '--reconcile'),
        'longshore, fsync: true': longshore(config(folder, true, round), '--reconcile'),
        'rsync -a': rsync(folder, `rsynced-${round}`),
        'rclone sync': rclone(folder, `rcloned-${round}`),
      };
      for (const [name, command] of Object.entries(jobs)) {
        settle();
        runs[name]?.push(time(command));
      }
    }
    report('first mirror of 10,000 files of 4 KiB to a local folder', runs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function nothingToDo(): void {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-bench-'));
  try {
    makeTree(join(folder, 'source'), 100_000, 100, 16);
    const file = config(folder, false, 0);
    time(longshore(file, '--reconcile'));
    time(rsync(folder, 'rsynced'));
    time(rclone(folder, 'rcloned'));
    const reconcile: Record<string, Timing[]> = { 'longshore --reconcile': [], 'rclone sync': [] };
    const scan: Record<string, Timing[]> = { 'longshore scan': [], 'rsync -a': [] };
    for (let round = 0; round < rounds; round += 1) {
      reconcile['longshore --reconcile']?.push(time(longshore(file, '--reconcile')));
      reconcile['rclone sync']?.push(time(rclone(folder, 'rcloned')));
      scan['longshore scan']?.push(time(longshore(file, 'scan')));
      scan['rsync -a']?.push(time(rsync(folder, 'rsynced')));
    }
    report('nothing to do: 100,000 files, both sides walked', reconcile);
    report('nothing to do: 100,000 files, source against index', scan);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

firstMirror();
nothingToDo();
