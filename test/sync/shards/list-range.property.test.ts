import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { RangeIgnoredError } from '../../../src/drivers/errors.js';
import { memoryBackend } from '../../../src/drivers/memory/backend.js';
import { listRange } from '../../../src/sync/shards/list-range.js';
import { compareNames } from '../../../src/utf8-order.js';
import { call, put } from '../../drivers/conformance/fixture.js';
import { anyName } from '../../state/fixtures.js';

const mirror = { container: 'c', prefix: 'p/', trashPrefix: '.longshore/trash/' };

async function withObjects(names: readonly string[]): Promise<Backend> {
  const backend = memoryBackend();
  await backend.createContainer('c', call);
  await put(backend, { container: 'c', key: 'other' }, 'x');
  await put(backend, { container: 'c', key: 'p/.longshore/lease' }, 'x');
  for (const name of names) await put(backend, { container: 'c', key: `p/${name}` }, 'x');
  return backend;
}

/** As a provider does that begins each listing at the first key. */
const ignoringRanges = (backend: Backend): Backend => ({
  ...backend,
  listObjects(container, prefix, { range, ...page }, given) {
    if (range?.after !== undefined)
      return Promise.reject(new RangeIgnoredError('it began elsewhere', { driver: 'memory' }));
    return backend.listObjects(container, prefix, page, given);
  },
});

/** As one whose order is not known. */
const unordered = (backend: Backend): Backend => ({
  ...backend,
  capabilities: { ...backend.capabilities, listingOrder: 'none' },
});

const fitting = anyName.filter((name) => !name.startsWith('.longshore/') && name.length < 100);

test('listing a range gives exactly its objects, whatever the provider makes of ranges', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fitting, { maxLength: 12 }),
      fc.constantFrom((backend: Backend) => backend, ignoringRanges, unordered),
      fc.oneof(fitting, fc.constant('')),
      fc.option(fitting, { nil: undefined }),
      async (names, wrap, after, upTo) => {
        const backend = wrap(await withObjects(names));
        const found: string[] = [];
        for await (const { name } of listRange(backend, mirror, { after, upTo }, call.signal))
          found.push(name);
        const expected = names
          .filter((name) => after === '' || compareNames(name, after) > 0)
          .filter((name) => upTo === undefined || compareNames(name, upTo) <= 0)
          .sort(compareNames);
        expect(found).toEqual(expected);
      },
    ),
  );
});
