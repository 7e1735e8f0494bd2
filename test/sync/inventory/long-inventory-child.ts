import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { systemClock } from '../../../src/clock.js';
import type { Backend } from '../../../src/drivers/backend.js';
import { memoryBackend } from '../../../src/drivers/memory/backend.js';
import { PackedReader } from '../../../src/drivers/packed-objects.js';
import { openInventory } from '../../../src/sync/inventory/open-inventory.js';
import { compareNames } from '../../../src/utf8-order.js';
import { call } from '../../drivers/conformance/fixture.js';
import { csvOf, deliverInventory } from '../../fakes/s3-inventory.js';

// Reads an inventory of ROWS objects in FOLDER, whose files are made while they are read, and prints how many came in order.

const [, , folder = '', rowCount = '0'] = process.argv;
const ROWS = Number(rowCount);
const PER_FILE = 10_000;

/** The objects of a file lie all over the names. */
function fileAt(at: number): Buffer {
  const rows = Array.from({ length: PER_FILE }, (_, row) => {
    const number = ((at * PER_FILE + row) * 7919) % ROWS;
    const etag = createHash('md5').update(String(number)).digest('hex');
    return {
      key: `folder ${number % 1000}/file number ${String(number).padStart(9, '0')}.jpeg`,
      size: number,
      etag,
    };
  });
  return gzipSync(csvOf('box', rows), { level: 1 });
}

const memory = memoryBackend();
await memory.createContainer('lists', call);
const files = Array.from({ length: ROWS / PER_FILE }, (_, at) => {
  const bytes = fileAt(at);
  return {
    key: `data/${at}`,
    size: bytes.length,
    MD5checksum: createHash('md5').update(bytes).digest('hex'),
  };
});
const place = { container: 'lists', id: 'nightly', source: 'box', madeAtMs: systemClock.now() };
await deliverInventory(memory, place, [], { manifest: (manifest) => ({ ...manifest, files }) });

const backend: Backend = {
  ...memory,
  async readObject(ref, range, options) {
    const at = /^data\/(\d+)$/.exec(ref.key)?.[1];
    if (at === undefined) return memory.readObject(ref, range, options);
    return (async function* () {
      yield fileAt(Number(at));
    })();
  },
};
const { pages } = await openInventory(
  {
    backend,
    root: { container: 'box', prefix: '', trashPrefix: '.longshore/trash/' },
    rule: { ...place, prefix: '', maxAgeMs: 3_600_000, otherwise: 'fail' },
    index: { count: () => ROWS },
    folder,
    seen: () => {},
    clock: systemClock,
  },
  call.signal,
);
let count = 0;
let last: string | undefined;
for await (const { objects } of pages) {
  for (const reader = new PackedReader(objects); reader.next(); count += 1) {
    const { key } = reader;
    if (last !== undefined && compareNames(last, key) >= 0) throw new Error(`${key} after ${last}`);
    last = key;
  }
}
process.stdout.write(String(count));
