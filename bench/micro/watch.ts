// Start time, memory and latency of the engines that watch: npm run bench -- micro watch [FILES] [FILES_PER_FOLDER]
import { fork } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import type { Logger } from '../../src/log.js';
import { openWatcher } from '../../src/watcher/open-watcher.js';

const silent: Logger = {
  error() {},
  warn: console.error,
  info() {},
  debug() {},
  debugEnabled: false,
};
const EVENTS = 500;

/** Runs in a process of its own, so that each engine's memory is its own. */
async function measure(engine: 'chokidar' | 'directories', root: string): Promise<void> {
  const started = performance.now();
  const cpuStarted = process.cpuUsage();
  const watcher = await openWatcher({
    root,
    engine,
    chokidarLimit: 0,
    settleMs: 0,
    settleLimitMs: 0,
    clock: systemClock,
    log: silent,
  });
  await watcher.ready;
  const readySeconds = (performance.now() - started) / 1_000;
  const cpu = process.cpuUsage(cpuStarted);
  const rss = process.memoryUsage.rss();

  const latencies: number[] = [];
  const hints = watcher[Symbol.asyncIterator]();
  for (let i = 0; i < EVENTS; i++) {
    const path = `${i % 10}/0/file${i % 5}`;
    const written = performance.now();
    appendFileSync(join(root, path), 'x');
    for (let found = false; !found; ) {
      const { value } = await hints.next();
      found = value.kind === 'paths' && value.paths.includes(path);
    }
    latencies.push(performance.now() - written);
    await systemClock.sleep(5);
  }
  latencies.sort((a, b) => a - b);
  const at = (share: number): string =>
    (latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(2);
  console.log(
    `${engine.padEnd(12)} ready ${readySeconds.toFixed(2)} s (CPU ${((cpu.user + cpu.system) / 1e6).toFixed(2)} s)  RSS ${(rss / 2 ** 20).toFixed(0)} MiB  ` +
      `folders ${watcher.state().directories}  event to hint p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`,
  );
  await watcher.close();
}

function makeTree(root: string, files: number, filesPerFolder: number): void {
  for (let folder = 0; folder < files / filesPerFolder; folder++) {
    const path = join(root, String(folder % 100), String(Math.floor(folder / 100)));
    mkdirSync(path, { recursive: true });
    for (let i = 0; i < filesPerFolder; i++) writeFileSync(join(path, `file${i}`), '');
  }
}

const [engine, root] = process.argv.slice(2);
if (engine === 'chokidar' || engine === 'directories') {
  await measure(engine, root ?? '');
} else {
  const files = Number(process.argv[2] ?? 100_000);
  const filesPerFolder = Number(process.argv[3] ?? 100);
  const tree = mkdtempSync('/var/tmp/longshore-bench-watch-');
  try {
    makeTree(tree, files, filesPerFolder);
    console.log(
      `${files} files, ${filesPerFolder} in each folder; load ${readFileSync('/proc/loadavg', 'utf8').trim()}`,
    );
    for (const each of ['directories', 'chokidar'] as const) {
      await new Promise<void>((resolve) =>
        fork(import.meta.filename, [each, tree]).on('exit', () => resolve()),
      );
    }
  } finally {
    rmSync(tree, { recursive: true });
  }
}
