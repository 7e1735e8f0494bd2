import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import type { Backend } from '../../src/drivers/backend.js';
import { layered } from '../../src/drivers/layers/layer.js';
import { throttle } from '../../src/drivers/layers/throttle.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { createQuickRun } from '../../src/drivers/quick-run.js';
import { silentLogger } from '../../src/log.js';
import { openIndex } from '../../src/state/open-index.js';
import { createScrub } from '../../src/sync/mirror/scrub.js';
import { createOpenFindings } from '../../src/sync/mirror/scrub-findings.js';
import { proveAll } from '../../src/sync/proof/prove.js';

// What the scrub costs: npm run bench -- micro scrub [RECORDS] [OBJECTS] [BYTES A SECOND]. An index of so many records is made by
// a child process; this one looks through it, and reads so many objects of 4 KiB back, which a storage in memory has. The
// answer is a line of JSON. Peaks of memory are in MiB; `own` is without the file pages that LMDB maps.
const SIZE = 4096;
const CONTENT = Buffer.alloc(SIZE, 'content ');
const MD5 = hash('md5', CONTENT, 'hex');
const nameOf = (at: number) =>
  `photos/album ${String(Math.floor(at / 500)).padStart(4, '0')}/IMG_${String(at).padStart(7, '0')}.jpg`;

const [, self = '', ...args] = process.argv;
if (args[0] === 'make') await makeIndex(args[1] ?? '', Number(args[2]));
else
  await run(Number(args[0] ?? 1_000_000), Number(args[1] ?? 60_000), Number(args[2] ?? Infinity));

async function makeIndex(folder: string, records: number): Promise<void> {
  const index = await openIndex({ engine: 'lmdb', folder });
  const mtimeNs = 1_700_000_000_000_000_000n;
  for (let start = 0; start < records; start += 10_000)
    await index.putAll(
      Array.from({ length: Math.min(10_000, records - start) }, (_, at) => [
        nameOf(start + at),
        {
          ...{ state: 'confirmed', kind: 'file', size: SIZE, mtimeNs, ctimeNs: mtimeNs + 5n },
          ...{ inode: BigInt(start + at + 1), mode: 0o644, uid: 1000, gid: 1000 },
          ...{ md5: MD5, etag: `"${MD5}"`, hashedAtMs: 1_763_822_501_000 },
        },
      ]),
    );
  await index.close();
}

/** Storage that has every object. */
function storage(): Backend {
  const memory = memoryBackend();
  return {
    ...memory,
    capabilities: {
      ...memory.capabilities,
      quickGet: {
        getEach(container, objects, answered, passage, call) {
          const run = createQuickRun<{ readonly read: true }>(
            {
              sizes: objects.map(({ size }) => size),
              passage,
              begin: (row) =>
                setImmediate(() => {
                  const key = objects[row]?.key ?? '';
                  const info = {
                    container,
                    key,
                    size: SIZE,
                    checksums: [],
                    metaData: {},
                    extra: {},
                  };
                  answered(row, info, CONTENT);
                  run.ended(row, { read: true });
                }),
            },
            call,
          );
          return run.outcomes();
        },
      },
    },
  };
}

async function run(records: number, objects: number, bytesPerSecond: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-bench-'));
  try {
    const made = spawnSync(process.execPath, [self, 'make', folder, String(records)]);
    if (made.status !== 0) throw new Error(String(made.stderr));
    const index = await openIndex({ engine: 'lmdb', folder });
    console.log(JSON.stringify(await scrub(index, objects, bytesPerSecond)));
    await index.close();
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function scrub(
  index: Awaited<ReturnType<typeof openIndex>>,
  objects: number,
  bytesPerSecond: number,
): Promise<Readonly<Record<string, number | null>>> {
  const stop = new AbortController();
  const clock = systemClock;
  const pace = { withinMs: 30 * 86_400_000, bytesPerSecond };
  const backend = layered(storage(), [throttle({ clock, bytesPerSecond: () => bytesPerSecond })]);
  let proven = 0;
  let surveyedAtMs = 0;
  let own = 0;
  const began = clock.monotonic();
  const cpu = process.cpuUsage();
  const scrubbing = createScrub({
    mirror: 'bench',
    pace,
    reads: true,
    findings: createOpenFindings(clock),
    root: { backend, container: 'c', prefix: '' },
    index,
    noteRead: async () => {},
    async proveAll(proofs) {
      if (surveyedAtMs === 0) surveyedAtMs = clock.monotonic();
      proven += proofs.length;
      own = Math.max(own, statusOf('RssAnon'));
      await proveAll(index, proofs);
      if (proven >= objects) stop.abort(new Error('enough'));
    },
    hasJob: () => false,
    remote: undefined,
    mostBytes: 0,
    whenUp: async () => {},
    async heal(name) {
      throw new Error(`${name} is damaged`);
    },
    clock,
    log: silentLogger,
  });
  await scrubbing.take(stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  const seconds = (clock.monotonic() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return {
    records: index.count(),
    proven,
    bytesPerSecond: Number.isFinite(bytesPerSecond) ? bytesPerSecond : null,
    bytesReadPerSecond: Math.round((proven * SIZE) / seconds),
    secondsToFirstProofs: (surveyedAtMs - began) / 1000,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    rssMiB: statusOf('VmHWM'),
    ownMiB: own,
  };
}

/** A field of /proc/self/status, in MiB. */
function statusOf(field: string): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
}
