import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../src/clock.js';
import { openIndex } from '../src/state/open-index.js';
import { startScan } from '../src/sync/scan/scan.js';
import type { ScanRequest } from '../src/sync/scan/scan-items.js';
import { startLooking, type WalkSettings } from '../src/watcher/look.js';
import { openSource } from '../src/watcher/source.js';
import { walk } from '../src/watcher/walk.js';

// node dist/bench/scan.js [files] [exclude...]: a scan that finds nothing to do, against find, in the same run. CPU
// seconds say more than seconds do on a busy machine.
const [first = '', ...rest] = process.argv.slice(2);
if (first === 'fill') await fill(rest);
else if (first === 'scan') await scan(rest);
else await compareWithFind(Number(first || 100_000), rest);

function requestFor(place: string, exclude: readonly string[]): ScanRequest {
  const settings: WalkSettings = {
    filter: { exclude, include: [], never: [] },
    symlinks: 'skip',
    maxNameBytes: 1024,
    oneFileSystem: false,
    reserved: [],
  };
  const policy = {
    overwrite: 'always',
    extraneous: 'keep',
    deletes: 'mirror',
    metadata: { mtime: true, mode: true, owner: false },
  } as const;
  return {
    root: join(place, 'source'),
    under: '',
    settings,
    policy,
    location: { engine: 'lmdb', folder: join(place, 'state') },
  };
}

async function compareWithFind(files: number, exclude: readonly string[]): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), 'longshore-bench-'));
  try {
    plant(join(place, 'source'), files);
    mkdirSync(join(place, 'state'));
    child('fill', place, ...exclude);
    const rows: Record<string, object> = {};
    for (let round = 1; round <= (files > 500_000 ? 1 : 3); round++) {
      rows[`find ${round}`] = find(join(place, 'source'));
      rows[`scan ${round}`] = JSON.parse(child('scan', place, ...exclude));
    }
    console.table(rows);
  } finally {
    rmSync(place, { recursive: true });
  }
}

function child(...args: string[]): string {
  return execFileSync(process.execPath, [fileURLToPath(import.meta.url), ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 20,
  });
}

function plant(root: string, files: number): void {
  for (let at = 0; at < files; at += 100) {
    const folder = join(
      root,
      `folder-${Math.floor(at / 10_000)}`,
      `sub-${Math.floor(at / 100) % 100}`,
    );
    mkdirSync(folder, { recursive: true });
    for (let n = at; n < Math.min(at + 100, files); n++)
      writeFileSync(join(folder, `file-${n}.txt`), '');
  }
}

function find(root: string): object {
  const script =
    'TIMEFORMAT="%R %U %S"; time find "$0" -type f -printf "%s %T@ %C@ %i\\n" > /dev/null';
  const { stderr } = spawnSync('bash', ['-c', script, root], { encoding: 'utf8' });
  const [seconds = 0, user = 0, system = 0] = stderr.trim().split(' ').map(Number);
  return { seconds, 'CPU seconds': Number((user + system).toFixed(2)) };
}

async function fill([place = '', ...exclude]: readonly string[]): Promise<void> {
  const { root, settings, location } = requestFor(place, exclude);
  const index = await openIndex(location);
  let puts: Promise<void>[] = [];
  for (const item of walk(startLooking(openSource(root), settings))) {
    if (item.kind === 'problem') throw new Error(item.detail);
    const { path, ...stat } = item;
    const hashedAtMs = Number(stat.ctimeNs / 1_000_000n) + 60_000;
    puts.push(
      index.put(path, {
        ...stat,
        state: 'confirmed',
        md5: 'd41d8cd98f00b204e9800998ecf8427e',
        hashedAtMs,
      }),
    );
    if (puts.length === 10_000) {
      await Promise.all(puts);
      puts = [];
    }
  }
  await Promise.all(puts);
  await index.close();
}

/** A process of its own, so that its memory is that of the scan alone. */
async function scan([place = '', ...exclude]: readonly string[]): Promise<void> {
  const start = systemClock.monotonic();
  const scan = startScan(requestFor(place, exclude), {
    signal: new AbortController().signal,
    clock: systemClock,
  });
  let batches = 0;
  for await (const items of scan) {
    batches++;
    for (const item of items)
      if (item.kind === 'finding')
        throw new Error(`${item.name} differs: ${JSON.stringify(item.decision)}`);
  }
  const seconds = (systemClock.monotonic() - start) / 1000;
  const { user, system } = process.cpuUsage();
  const status = readFileSync('/proc/self/status', 'utf8');
  const mebibytes = (field: string) =>
    Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  process.stdout.write(
    JSON.stringify({
      seconds: Number(seconds.toFixed(2)),
      'CPU seconds': Number(((user + system) / 1e6).toFixed(2)),
      'files/s': Math.round(scan.scanned() / seconds),
      batches,
      'peak RSS MiB': mebibytes('VmHWM'),
      'own MiB': mebibytes('RssAnon'),
    }),
  );
}
