// What the S3 driver alone costs against a loopback sink: many small files, few large ones, a long listing, and how much of
// it is signing. The rows of the bench compare the whole program: npm run bench -- micro s3-transfer [small|large|list]
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import { read } from '../../src/config/fields.js';
import { bytesBody } from '../../src/drivers/body.js';
import { fileBody } from '../../src/drivers/file-body.js';
import { createPartsThreads } from '../../src/drivers/parts-threads.js';
import { s3Driver } from '../../src/drivers/s3/driver-kind.js';
import type { S3Settings } from '../../src/drivers/s3/settings.js';
import { createSigner } from '../../src/drivers/s3/sign.js';
import { sendObject } from '../../src/drivers/send.js';
import { startSink } from '../sink/start.js';
import { fileName, makeTree } from '../tree.js';

type Sink = Awaited<ReturnType<typeof startSink>>;

const call = { signal: new AbortController().signal };
const MIB = 2 ** 20;
const SMALL = { files: 10_000, bytes: 4096 };
const LARGE = { files: 8, bytes: 256 * MIB };
const LISTED = 100_000;
const OPTIONS = {
  contentType: 'application/octet-stream',
  metaData: { mtime: '1700000000.123456789' },
  headers: {},
  checksums: [],
};

function open(port: number) {
  const written = {
    profile: 'aws',
    host: '127.0.0.1',
    port,
    secure: false,
    region: 'us-east-1',
    key: 'AKIABENCH',
    secret: 'bench',
  };
  const reading = read(s3Driver.settings({ folder: '/', env: {} }), written);
  if (reading.complaints !== undefined) throw new Error(JSON.stringify(reading.complaints));
  return s3Driver.open(reading.value as S3Settings, { clock: systemClock });
}

async function measured(name: string, run: () => Promise<void>) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await run();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const rss = process.resourceUsage().maxRSS / 1024;
  console.log(
    `${name}: ${seconds.toFixed(2)} s, CPU ${((user + system) / 1e6).toFixed(2)} s, peak RSS ${rss.toFixed(0)} MiB`,
  );
}

async function lanes<T>(items: readonly T[], count: number, work: (item: T) => Promise<void>) {
  const left = items[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: count }, async () => {
      for (const item of left) await work(item);
    }),
  );
}

async function send(port: number, { files, bytes }: typeof SMALL, count: number, title: string) {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-bench-'));
  const backend = await open(port);
  const threads = createPartsThreads();
  try {
    makeTree(folder, { files, bytes });
    const names = Array.from({ length: files }, (_, at) => fileName(at, files));
    await measured(title, () =>
      lanes(names, count, async (name) => {
        const ref = { container: 'bench', key: name };
        const body = await fileBody(join(folder, name), { ref, driver: 's3', threads });
        await sendObject(backend, ref, body, OPTIONS, {
          signal: call.signal,
          verifyHash: true,
          partsAbove: 16 * MIB,
        });
      }),
    );
  } finally {
    threads.close();
    await backend.close();
    rmSync(folder, { recursive: true });
  }
}

/** The driver alone, without the file system. */
async function memory(port: number) {
  const backend = await open(port);
  const bytes = randomBytes(SMALL.bytes);
  const keys = Array.from({ length: SMALL.files }, (_, i) => `d${i % 100}/f${i}`);
  await measured(`${SMALL.files} puts of 4 KiB from memory`, () =>
    lanes(
      keys,
      64,
      async (key) =>
        void (await backend.putObject(
          { container: 'bench', key },
          bytesBody(bytes),
          OPTIONS,
          call,
        )),
    ),
  );
  await backend.close();
}

async function signing() {
  const signer = createSigner();
  const credentials = { accessKeyId: 'AKIABENCH', secretAccessKey: 'bench' };
  const headers = {
    'content-type': OPTIONS.contentType,
    'x-amz-meta-mtime': OPTIONS.metaData.mtime,
    'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==',
  };
  await measured(`signing alone, ${SMALL.files} requests`, async () => {
    for (let i = 0; i < SMALL.files; i += 1)
      signer.headers(
        {
          method: 'PUT',
          host: '127.0.0.1:1',
          path: `/bench/d1/f${i}`,
          query: '',
          headers,
          payload: 'UNSIGNED-PAYLOAD',
        },
        credentials,
        'us-east-1',
        Date.now(),
      );
  });
}

async function small({ port }: Sink) {
  await send(port, SMALL, 64, `${SMALL.files} files of 4 KiB`);
  await memory(port);
  await signing();
}

async function large({ port }: Sink) {
  await send(port, LARGE, 4, `${LARGE.files} files of 256 MiB`);
}

async function list({ port }: Sink) {
  const backend = await open(port);
  await measured(`a listing of ${LISTED} objects`, async () => {
    let after: string | undefined;
    let count = 0;
    do {
      const page = await backend.listObjects(
        'bench',
        '',
        after === undefined ? {} : { after },
        call,
      );
      count += page.items.length;
      after = page.next;
    } while (after !== undefined);
    if (count !== LISTED) throw new Error(`${count} objects listed`);
  });
  await backend.close();
}

const parts = { small, large, list };
const wanted = process.argv[2] as keyof typeof parts | undefined;
for (const [name, run] of Object.entries(parts)) {
  if (wanted !== undefined && wanted !== name) continue;
  const sink = await startSink({ objects: name === 'list' ? LISTED : 0, trustsDigests: true });
  try {
    await run(sink);
  } finally {
    sink.stop();
  }
}
