// From the moment a file is written until its object is there, by a running daemon: npm run bench -- latency [FILES] [WRITES]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeTree } from '../test/world/tree.js';

const MAIN = fileURLToPath(new URL('../bundle/main.js', import.meta.url));
const files = Number(process.argv[2] ?? 100_000);
const writes = Number(process.argv[3] ?? 300);

const folder = mkdtempSync(join(tmpdir(), 'longshore-bench-'));
const source = join(folder, 'source');
try {
  makeTree(source, files, 100, 16);
  // The same tree for both: the objects are there already, and are adopted.
  for (const fsync of [false, true]) await measure(fsync);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measure(fsync: boolean): Promise<void> {
  const vault = join(folder, 'vault');
  writeFileSync(
    join(folder, 'longshore.yaml'),
    `state: ./state
targets:
  vault: { driver: local, root: ./vault, fsync: ${fsync} }
mirrors:
  - { name: bench, source: ./source, target: vault, container: bench, settle: 0 }
`,
  );
  const daemon = spawn(
    process.execPath,
    [MAIN, '--config', join(folder, 'longshore.yaml'), 'run'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const ended = once(daemon, 'close');
  let log = '';
  daemon.stderr.on('data', (chunk) => {
    log += chunk;
  });
  try {
    await until(() => log.includes('run finished'), 100);
    const waits: number[] = [];
    for (let at = 0; at < writes; at += 1) {
      const name = `d${at % Math.ceil(files / 100)}/new-${fsync}-${at}`;
      writeFileSync(join(folder, 'outside'), `content ${at}`);
      const began = performance.now();
      renameSync(join(folder, 'outside'), join(source, name));
      await until(() => existsSync(join(vault, 'bench', name)), 0);
      waits.push(performance.now() - began);
      await delay(10);
    }
    waits.sort((a, b) => a - b);
    const quantile = (share: number) =>
      (waits[Math.min(waits.length - 1, Math.floor(share * waits.length))] ?? Number.NaN).toFixed(
        1,
      );
    console.log(
      `${files} files watched, fsync: ${fsync}: event to mirrored p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms, worst ${quantile(1)} ms (${writes} files)`,
    );
  } finally {
    daemon.kill('SIGTERM');
    await ended;
  }

  async function until(reached: () => boolean, everyMs: number): Promise<void> {
    while (!reached()) {
      if (daemon.exitCode !== null) throw new Error(`the daemon ended: ${log}`);
      await delay(everyMs);
    }
  }
}
