import { expect, test } from 'vitest';
import { checksumOf } from '../../../src/drivers/digest.js';
import { memoryBackend } from '../../../src/drivers/memory/backend.js';
import { copySources } from '../../../src/sync/store/copy-sources.js';
import type { FileInBatch } from '../../../src/sync/store/object-store.js';
import { batchPuts } from '../../../src/sync/store/put-batch.js';
import { call, plain } from '../../drivers/conformance/fixture.js';
import { withQuickPut } from '../../fakes/quick-put.js';

const NAMES = ['a', 'b', 'c'];

/** Files whose contents are their names. */
function batchOf(names: readonly string[]): readonly [readonly FileInBatch[], SharedArrayBuffer] {
  const content = new SharedArrayBuffer(names.length);
  const files = names.map((name, begin): FileInBatch => {
    const bytes = Buffer.from(name);
    new Uint8Array(content).set(bytes, begin);
    const entry = {
      ...{ path: name, kind: 'file' as const, size: 1, mtimeNs: 0n, ctimeNs: 0n, inode: 1n },
      ...{ mode: 0o644, uid: 0, gid: 0 },
    };
    return {
      name,
      entry,
      md5: checksumOf('md5', bytes).hex,
      begin,
      replaces: 'unknown',
      where: 'anywhere',
    };
  });
  return [files, content];
}

test('P3: a batch to a provider that may copy what replaces a source goes by quick puts, and the source of a copy waits for it', async () => {
  const memory = withQuickPut(memoryBackend());
  await memory.createContainer('c', call);
  const { copy } = memory.capabilities;
  const sources = copySources(copy && { ...copy, bindsSource: false });
  const byThemselves: string[] = [];
  const putAll = batchPuts({
    backend: memory,
    container: 'c',
    prefix: '',
    descriptions: { optionsFor: () => plain },
    sources,
    putBytes: (name, _entry, { md5 }, _where, signal) => {
      const put = async () => {
        byThemselves.push(name);
        return { md5 };
      };
      return sources.replace(name, signal, put);
    },
  });
  let endCopy = () => {};
  const copied = sources.copy('b', () => new Promise<void>((resolve) => (endCopy = resolve)));
  const putting = putAll(...batchOf(NAMES), call.signal);
  const there = async () =>
    (await memory.listObjects('c', '', {}, call)).items.map(({ key }) => key);
  await expect.poll(there).toEqual(['a', 'c']);
  expect(byThemselves).toEqual([]);
  endCopy();
  await copied;
  const confirmed = await putting;
  expect(confirmed).toMatchObject(
    NAMES.map((name) => ({ md5: checksumOf('md5', Buffer.from(name)).hex })),
  );
  expect(byThemselves).toEqual(['b']);
});
