// Puts, lists, reads and deletes many small objects on the local driver:
// npm run bench -- micro local-put [FILES] [FOLDER]
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesBody } from '../../src/drivers/body.js';
import type { Call } from '../../src/drivers/call.js';
import { localBackend } from '../../src/drivers/local/backend.js';

const FILES = Number(process.argv[2] ?? 10_000);
const FOLDER = process.argv[3] ?? tmpdir();
const FILE_BYTES = 4096;

const call: Call = { signal: new AbortController().signal };
const keys = Array.from({ length: FILES }, (_, i) => `folder-${i % 100}/file-${i}.bin`);

async function timed(what: string, run: () => Promise<void>): Promise<void> {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  await run();
  const { user, system } = process.cpuUsage(cpu);
  const ms = performance.now() - start;
  console.log(
    `  ${what}: ${ms.toFixed(0)} ms (${((1000 * ms) / FILES).toFixed(1)} µs an object), cpu ${((user + system) / 1000).toFixed(0)} ms`,
  );
}

/** So many calls under way as the driver says is useful. */
async function each(concurrency: number, run: (key: string) => Promise<unknown>): Promise<void> {
  const waiting = keys.values();
  const worker = async () => {
    for (const key of waiting) await run(key);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

for (const fsync of [false, true]) {
  const root = mkdtempSync(join(FOLDER, 'longshore-bench-'));
  const backend = localBackend({ root, fsync });
  const { concurrency, batchDelete } = backend.capabilities;
  console.log(`fsync: ${fsync}, ${FILES} objects of ${FILE_BYTES} bytes, ${concurrency} at once`);
  await backend.createContainer('bench', call);
  const content = randomBytes(FILE_BYTES);
  const options = {
    contentType: 'application/octet-stream',
    metaData: { mtime: '1700000000.123456789', mode: '100644' },
    headers: {},
    checksums: [],
  };
  const put = (key: string) =>
    backend.putObject({ container: 'bench', key }, bytesBody(content), options, call);
  await timed('put', () => each(concurrency, put));
  await timed('put again', () => each(concurrency, put));
  await timed('list', async () => {
    let after: string | undefined;
    do {
      const page = await backend.listObjects(
        'bench',
        '',
        after === undefined ? {} : { after },
        call,
      );
      after = page.next;
    } while (after !== undefined);
  });
  await timed('head', () =>
    each(concurrency, (key) => backend.headObject({ container: 'bench', key }, call)),
  );
  await timed('read', () =>
    each(64, async (key) => {
      for await (const _ of await backend.readObject({ container: 'bench', key }, undefined, call));
    }),
  );
  await timed('delete', async () => {
    for (let i = 0; i < FILES; i += 1000)
      await batchDelete?.deleteObjects('bench', keys.slice(i, i + 1000), call);
  });
  await backend.close();
  rmSync(root, { recursive: true, force: true });
}
