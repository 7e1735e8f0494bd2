import { describe, expect, test } from 'vitest';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import type { RestoreSource } from '../../src/restore/restore-context.js';
import { openRestoreShard, sourcesOfShard } from '../../src/restore/restore-shard.js';
import { listRange } from '../../src/sync/shards/list-range.js';
import { call, put } from '../drivers/conformance/fixture.js';

const mirror = { container: 'c', prefix: 'p/', trashPrefix: '.longshore/trash/' };
const wanted = () => true;

async function withObjects(...names: readonly string[]) {
  const backend = memoryBackend();
  await backend.createContainer('c', call);
  for (const name of names) await put(backend, { container: 'c', key: `p/${name}` }, name);
  return backend;
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

describe('a shard that is restored', () => {
  test('finds each object before it that may stand for a folder which goes on in it', async () => {
    const backend = await withObjects('a/', 'a/b', 'a/b/c', 'a/b/d', 'z/');
    const range = { after: 'a/b/c', upTo: undefined };
    const shard = await openRestoreShard({ backend, mirror, range, wanted }, call.signal);
    expect(shard.openFolders.map(({ name }) => name)).toEqual(['a/', 'a/b', 'a/b/c']);
    const some = { backend, mirror, range, wanted: (name: string) => name !== 'a/' };
    const { openFolders } = await openRestoreShard(some, call.signal);
    expect(openFolders.map(({ name }) => name)).toEqual(['a/b', 'a/b/c']);
  });

  test('knows the folders of the next shard, which no link may take the place of', async () => {
    const backend = await withObjects('x.rclonelink', 'x/1', 'y.rclonelink', 'w/1');
    const hasBelow = async (upTo: string | undefined, path: string) => {
      const range = { after: '', upTo };
      const shard = await openRestoreShard({ backend, mirror, range, wanted }, call.signal);
      return shard.hasBelow(path, call.signal);
    };
    expect(await hasBelow('x.rclonelink', 'x')).toBe(true);
    expect(await hasBelow('x/0', 'x'), 'the cut is in the folder').toBe(true);
    expect(await hasBelow('x/9', 'w'), 'it is in this shard').toBe(false);
    expect(await hasBelow('y.rclonelink', 'y'), 'nothing is below it').toBe(false);
    expect(await hasBelow(undefined, 'x'), 'the last shard').toBe(false);
  });

  test('takes the names of its files from other shards, with the folders above them, and leaves theirs', async () => {
    const backend = await withObjects('a', 'b', 'c', 'f/', 'f/g/', 'f/g/x', 'f/g/y', 'h');
    const listed = listRange(backend, mirror, { after: '', upTo: 'c' }, call.signal);
    async function* sources(): AsyncGenerator<RestoreSource> {
      for await (const { name, info } of listed) yield { name, info, isCurrent: true };
    }
    const links = {
      elsewhere: () => each(['b', 'bb']),
      here: () => each(['f/g/x', 'f/g/y', 'gone', 'h']),
    };
    const found: string[] = [];
    for await (const { name } of sourcesOfShard(
      { backend, mirror, wanted },
      sources(),
      links,
      call.signal,
    ))
      found.push(name);
    expect(found).toEqual(['a', 'c', 'f/', 'f/g/', 'f/g/x', 'f/g/y', 'h']);
  });
});
