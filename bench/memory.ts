// Memory of the main jobs over many small files, by the most that was seen of it: npm run bench -- memory [FILES]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeTree } from '../test/world/tree.js';

const MAIN = fileURLToPath(new URL('../bundle/main.js', import.meta.url));
const files = Number(process.argv[2] ?? 1_000_000);
const LOOK_MS = 20;

/** Most MiB of each kind that a process has had: all that is resident; pages of files, as of the mapped index; the rest. */
interface Peaks {
  all: number;
  ofFiles: number;
  own: number;
}

function look(pid: number, peaks: Peaks): void {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return; // it has ended
  }
  const mebibytes = (field: string) =>
    Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  peaks.all = Math.max(peaks.all, mebibytes('VmHWM'));
  peaks.ofFiles = Math.max(peaks.ofFiles, mebibytes('RssFile') + mebibytes('RssShmem'));
  peaks.own = Math.max(peaks.own, mebibytes('RssAnon'));
}

async function run(title: string, args: readonly string[]): Promise<void> {
  const peaks: Peaks = { all: 0, ofFiles: 0, own: 0 };
  const beganAt = performance.now();
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const looking = setInterval(() => look(child.pid ?? 0, peaks), LOOK_MS);
  const [code] = await once(child, 'exit');
  clearInterval(looking);
  if (code !== 0) throw new Error(`longshore ${args.join(' ')} ended with ${code}`);
  const [all, ofFiles, own] = [peaks.all, peaks.ofFiles, peaks.own].map(Math.round);
  const seconds = ((performance.now() - beganAt) / 1000).toFixed(1);
  console.log(
    `  ${title.padEnd(24)} ${all} MiB at most; of files ${ofFiles}, own ${own}   (${seconds} s)`,
  );
}

// In memory where there is room: a million files are made in a minute, and there is no disk to wait for.
const folder = mkdtempSync(
  join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'longshore-bench-'),
);
try {
  makeTree(join(folder, 'source'), files, 100, 16);
  const file = join(folder, 'longshore.yaml');
  writeFileSync(
    file,
    `state: ./state
log: { level: error }
targets:
  vault: { driver: local, root: ./vault, fsync: false }
mirrors:
  - { name: bench, source: ./source, target: vault, container: bench }
`,
  );
  console.log(`\nmemory, with ${files.toLocaleString('en')} files of 16 bytes`);
  await run('first mirror', ['--config', file, '--reconcile']);
  await run('nothing to do, scan', ['--config', file, 'scan']);
  await run('nothing to do, reconcile', ['--config', file, '--reconcile']);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
