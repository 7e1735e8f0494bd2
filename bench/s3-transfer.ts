// What the S3 driver costs against a loopback sink: many small files, few large ones, a long listing, and how much of it
// is signing. With rclone on the path it is measured in the same run. `node dist/bench/s3-transfer.js [small|large|list]`
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/clock.js';
import { read } from '../src/config/fields.js';
import { bytesBody } from '../src/drivers/body.js';
import { fileBody } from '../src/drivers/file-body.js';
import { s3Driver } from '../src/drivers/s3/driver-kind.js';
import type { S3Settings } from '../src/drivers/s3/settings.js';
import { createSigner } from '../src/drivers/s3/sign.js';
import { sendObject } from '../src/drivers/send.js';

const call = { signal: new AbortController().signal };
const MIB = 2 ** 20;
const SMALL = { files: 10_000, bytes: 4096 };
const LARGE = { files: 8, bytes: 256 * MIB };
const LISTED = 100_000;

async function startSink(listed = 0) {
  const child = spawn(process.execPath, [new URL('s3-sink.js', import.meta.url).pathname, String(listed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((resolve) => child.stdout.once('data', (text) => resolve(Number(String(text).trim()))));
  return { port, stop: () => child.kill() };
}

function open(port: number) {
  const written = { profile: 'aws', host: '127.0.0.1', port, secure: false, region: 'us-east-1', key: 'AKIABENCH', secret: 'bench' };
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
  console.log(`${name}: ${seconds.toFixed(2)} s, CPU ${((user + system) / 1e6).toFixed(2)} s, peak RSS ${rss.toFixed(0)} MiB`);
}

async function lanes<T>(items: readonly T[], count: number, work: (item: T) => Promise<void>) {
  const left = items[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: count }, async () => {
      for (const item of left) await work(item);
    }),
  );
}

/** Written a piece at a time, so that the peak of memory is the transfer's and not ours. */
function makeFiles({ files, bytes }: typeof SMALL): { readonly folder: string; readonly names: readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-bench-'));
  const piece = randomBytes(Math.min(bytes, MIB));
  const names = Array.from({ length: files }, (_, i) => `d${i % 100}/f${i}`);
  for (const [i, name] of names.entries()) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    piece.writeUInt32LE(i, 0);
    for (let written = 0; written < bytes; written += piece.byteLength) writeFileSync(join(folder, name), piece, { flag: 'a' });
  }
  return { folder, names };
}

function rclone(port: number, what: string, folder: string, flags: readonly string[]) {
  if (spawnSync('rclone', ['version']).status !== 0) return console.log('rclone: not installed, not measured');
  const remote = `:s3,provider=Other,access_key_id=a,secret_access_key=b,endpoint="http://127.0.0.1:${port}",region=us-east-1:bench`;
  const script = `import resource,subprocess,sys,time
start=time.time(); subprocess.run(sys.argv[1:],check=True)
u=resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{time.time()-start:.2f} s, CPU {u.ru_utime+u.ru_stime:.2f} s, peak RSS {u.ru_maxrss/1024:.0f} MiB")`;
  const env = { PATH: process.env['PATH'] ?? '', HOME: tmpdir() };
  const said = execFileSync(
    'python3',
    ['-c', script, 'rclone', 'copy', folder, remote, '--s3-no-check-bucket', '--retries', '1', '-q', ...flags],
    { env, encoding: 'utf8' },
  );
  console.log(`rclone, ${what}: ${said.trim()}`);
}

async function send(port: number, size: typeof SMALL, count: number, title: string) {
  const { folder, names } = makeFiles(size);
  const backend = open(port);
  try {
    await measured(title, () =>
      lanes(names, count, async (name) => {
        const body = await fileBody(join(folder, name), { ref: { container: 'bench', key: name }, driver: 's3' });
        const options = {
          contentType: 'application/octet-stream',
          metaData: { mtime: '1700000000.123456789' },
          headers: {},
          checksums: [],
        };
        await sendObject(backend, { container: 'bench', key: name }, body, options, {
          signal: call.signal,
          verifyHash: true,
          partsAbove: 16 * MIB,
        });
      }),
    );
    return { folder };
  } finally {
    await backend.close();
  }
}

/** The driver alone, without the file system. */
async function memory(port: number) {
  const backend = open(port);
  const bytes = randomBytes(SMALL.bytes);
  const options = { contentType: 'application/octet-stream', metaData: { mtime: '1700000000.123456789' }, headers: {}, checksums: [] };
  await measured(`${SMALL.files} puts of 4 KiB from memory`, () =>
    lanes(
      Array.from({ length: SMALL.files }, (_, i) => `d${i % 100}/f${i}`),
      64,
      async (key) => {
        await backend.putObject({ container: 'bench', key }, bytesBody(bytes), options, call);
      },
    ),
  );
  await backend.close();
}

async function small() {
  const sink = await startSink();
  const { folder } = await send(sink.port, SMALL, 64, `${SMALL.files} files of 4 KiB`);
  await memory(sink.port);
  const signer = createSigner();
  const credentials = { accessKeyId: 'AKIABENCH', secretAccessKey: 'bench' };
  const headers = {
    'content-type': 'application/octet-stream',
    'x-amz-meta-mtime': '1700000000.123456789',
    'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==',
  };
  await measured(`signing alone, ${SMALL.files} requests`, async () => {
    for (let i = 0; i < SMALL.files; i += 1)
      signer.headers(
        { method: 'PUT', host: '127.0.0.1:1', path: `/bench/d1/f${i}`, query: '', headers, payload: 'UNSIGNED-PAYLOAD' },
        credentials,
        'us-east-1',
        Date.now(),
      );
  });
  rclone(sink.port, '--transfers 16', folder, ['--transfers', '16']);
  rmSync(folder, { recursive: true });
  sink.stop();
}

async function large() {
  const sink = await startSink();
  const { folder } = await send(sink.port, LARGE, 4, `${LARGE.files} files of 256 MiB`);
  rclone(sink.port, 'defaults', folder, []);
  rmSync(folder, { recursive: true });
  sink.stop();
}

async function list() {
  const sink = await startSink(LISTED);
  const backend = open(sink.port);
  await measured(`a listing of ${LISTED} objects`, async () => {
    let after: string | undefined;
    let count = 0;
    do {
      const page = await backend.listObjects('bench', '', after === undefined ? {} : { after }, call);
      count += page.items.length;
      after = page.next;
    } while (after !== undefined);
    if (count !== LISTED) throw new Error(`${count} objects listed`);
  });
  await backend.close();
  sink.stop();
}

const parts = { small, large, list };
const wanted = process.argv[2] as keyof typeof parts | undefined;
for (const [name, run] of Object.entries(parts)) if (wanted === undefined || wanted === name) await run();
