import { localBackend } from '../../../src/drivers/local/backend.js';
import { createPartsThreads } from '../../../src/drivers/parts-threads.js';
import { openFileReader } from '../../../src/sync/source/file-reader.js';
import { containerStore } from '../../../src/sync/store/container-store.js';
import { filePuts } from '../../../src/sync/store/put-file.js';
import { openEffects, type SendOrder } from '../../../src/sync/work/effects.js';
import { entryOf, type PlainEntry } from '../../../src/sync/work/plain-facts.js';

// A process that has a source and a container, and no state at all: carries out the orders that it is sent.

const [, , root = '', source = ''] = process.argv;
const drain = new AbortController().signal;
const backend = localBackend({ root, fsync: false });
const reader = openFileReader({ source, follow: false });
const files = filePuts({
  backend,
  follow: false,
  partsAbove: Number.POSITIVE_INFINITY,
  partSize: undefined,
  wholeMd5: false,
  threads: createPartsThreads(),
});
const store = containerStore({
  backend,
  container: 'c',
  prefix: 'p/',
  policy: {
    overwrite: 'always',
    extraneous: 'keep',
    deletes: 'mirror',
    metadata: { mtime: true, mode: true, owner: false },
  },
  headers: [],
  follow: false,
  files,
});
const effects = openEffects({ store, reader, absolute: (path) => `${source}/${path}`, drain });

async function carryOut(order: Omit<SendOrder, 'entry'> & { entry: PlainEntry }): Promise<object> {
  try {
    return await effects.send({ ...order, entry: entryOf(order.entry) }, {}, drain);
  } catch (error) {
    return { error: (error as Error).name };
  }
}

process.on('message', async (order: Parameters<typeof carryOut>[0]) => {
  const answer = await carryOut(order);
  await reader.close();
  await backend.close();
  process.send?.(answer, () => process.disconnect());
});
