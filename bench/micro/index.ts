import { readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { systemClock } from '../../src/clock.js';
import { checkInChild } from '../../src/state/check-in-child.js';
import type { IndexLocation, ObjectRecord } from '../../src/state/object-index.js';
import { indexFile, openIndex, openIndexView } from '../../src/state/open-index.js';

// What the index costs: npm run bench -- micro index [lmdb|lowdb] [RECORDS]. Each line is one run; the last one's CPU time is
// that of a child process.
const engine = process.argv[2] === 'lowdb' ? 'lowdb' : 'lmdb';
const records = Number(process.argv[3] ?? 1_000_000);
const location: IndexLocation = {
  engine,
  folder: await mkdtemp(join(tmpdir(), 'longshore-bench-')),
};

const nameOf = (at: number) =>
  `photos/album ${String(Math.floor(at / 500)).padStart(4, '0')}/IMG_${String(at).padStart(7, '0')}.jpg`;
function recordOf(at: number): ObjectRecord {
  const md5 = crc32(String(at)).toString(16).padStart(8, '0').repeat(4);
  const mtimeNs = 1_700_000_000_000_000_000n + BigInt(at) * 1_001n;
  return {
    state: 'confirmed',
    kind: 'file',
    size: at % 5_000_000,
    mtimeNs,
    ctimeNs: mtimeNs + 5n,
    inode: BigInt(1_000_000 + at),
    mode: 0o644,
    uid: 1000,
    gid: 1000,
    md5,
    hashedAtMs: 1_763_822_501_000,
    etag: md5,
  };
}

/** Resident memory, the file pages that LMDB maps, and the rest, in MiB. */
function memory(): string {
  const status = readFileSync('/proc/self/status', 'utf8');
  const mebibytes = (field: string) =>
    Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  return `${mebibytes('VmRSS')} (${mebibytes('RssFile')} file, ${mebibytes('RssAnon')} own)`;
}

interface Row {
  readonly seconds: string;
  /** On all threads; steadier than the time on the wall when the machine does other work. */
  readonly 'CPU µs each': string;
  readonly 'per second': string;
  readonly 'RSS MiB': string;
}

const rows: Record<string, Row> = {};
async function measure(what: string, times: number, run: () => Promise<unknown>): Promise<void> {
  const [start, cpu] = [systemClock.monotonic(), process.cpuUsage()];
  await run();
  const seconds = (systemClock.monotonic() - start) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  rows[what] = {
    seconds: seconds.toFixed(2),
    'CPU µs each': ((user + system) / times).toFixed(1),
    'per second': Math.round(times / seconds).toLocaleString('en'),
    'RSS MiB': memory(),
  };
}

try {
  let index = await openIndex(location);
  await measure('bulk, 10,000 at a time', records, async () => {
    for (let start = 0; start < records; start += 10_000) {
      await Promise.all(
        Array.from({ length: Math.min(10_000, records - start) }, (_, at) =>
          index.put(nameOf(start + at), recordOf(start + at)),
        ),
      );
    }
  });
  await measure('close', 1, () => index.close());
  await measure('open', 1, async () => {
    index = await openIndex(location);
  });
  await measure('get', 100_000, async () => {
    for (let at = 0; at < 100_000; at++) index.get(nameOf((at * 7_919) % records));
  });
  await measure('ordered pass', records, async () => {
    let seen = 0;
    for (const _ of index.entries()) seen++;
    if (seen !== records) throw new Error(`${seen} of ${records}`);
  });
  await measure('ordered pass of a view', records, async () => {
    const view = await openIndexView(location);
    for (const _ of view.entries());
    await view.close();
  });
  const updates = engine === 'lmdb' ? 2_000 : 20;
  await measure('update, one at a time', updates, async () => {
    for (let at = 0; at < updates; at++) await index.put(nameOf(at * 31), recordOf(at));
  });
  await measure('update, 100 at a time', updates * 10, async () => {
    for (let start = 0; start < updates * 10; start += 100) {
      await Promise.all(
        Array.from({ length: 100 }, (_, at) => index.put(nameOf((start + at) * 31), recordOf(at))),
      );
    }
  });
  await index.close();
  if (engine === 'lmdb')
    await measure('look through after an unclean end', records, () =>
      checkInChild('whole', indexFile(location), undefined),
    );
  console.log(
    `${engine}, ${records.toLocaleString('en')} records, ${Math.round((await stat(indexFile(location))).size / 2 ** 20)} MiB, node ${process.version}`,
  );
  console.table(rows);
} finally {
  await rm(location.folder, { recursive: true });
}
