import { describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { batchingDelete, deletesAtOnce } from '../../../src/sync/store/delete-batch.js';

const { signal } = new AbortController();

function open({
  maxKeys = 1_000,
  failed = {},
  broken,
  answers = false,
}: {
  maxKeys?: number;
  failed?: Record<string, Error>;
  broken?: Error;
  /** Each request waits for `answer`. */
  answers?: boolean;
} = {}) {
  const requests: (readonly string[])[] = [];
  const unanswered: (() => void)[] = [];
  const batchDelete = {
    maxKeys,
    async deleteObjects(_container: string, keys: readonly string[]) {
      requests.push(keys);
      if (answers) await new Promise<void>((resolve) => unanswered.push(resolve));
      if (broken) throw broken;
      return new Map(Object.entries(failed).filter(([key]) => keys.includes(key)));
    },
  };
  return {
    remove: batchingDelete({ capabilities: { batchDelete } } as unknown as Backend, 'c'),
    requests,
    answer: () => unanswered.shift()?.(),
  };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('deletes of one moment', () => {
  test('are one request that has each key once', async () => {
    const { remove, requests } = open();
    await Promise.all(['a', 'b', 'a'].map((key) => remove(key, signal)));
    expect(requests).toEqual([['a', 'b']]);
    await remove('c', signal);
    expect(requests).toEqual([['a', 'b'], ['c']]);
  });

  test('are as few requests as the provider’s limit allows', async () => {
    const { remove, requests } = open({ maxKeys: 2 });
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((key) => remove(key, signal)));
    expect(requests).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  test('wait while a request is under way, and then share the next; a full one does not wait', async () => {
    const { remove, requests, answer } = open({ maxKeys: 3, answers: true });
    const first = remove('a', signal);
    await turn();
    const others = ['b', 'c'].map((key) => remove(key, signal));
    await turn();
    expect(requests).toEqual([['a']]);
    others.push(...['d', 'e'].map((key) => remove(key, signal)));
    await turn();
    expect(requests).toEqual([['a'], ['b', 'c', 'd']]);
    answer();
    await first;
    await turn();
    expect(requests, 'one is still under way').toHaveLength(2);
    answer();
    await Promise.all(others.slice(0, 3));
    await turn();
    expect(requests).toEqual([['a'], ['b', 'c', 'd'], ['e']]);
    answer();
    await Promise.all(others);
  });

  test('P4: fail key by key: a key that the answer does not call deleted is not forgotten', async () => {
    const refused = new Error('is locked');
    const { remove } = open({ failed: { b: refused } });
    const outcomes = await Promise.allSettled(
      ['a', 'b', 'c', 'b'].map((key) => remove(key, signal)),
    );
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
    ]);
    expect(outcomes[1]).toMatchObject({ reason: refused });
  });

  test('P4: all fail when their request fails', async () => {
    const { remove } = open({ broken: new Error('away') });
    const outcomes = await Promise.allSettled(['a', 'b'].map((key) => remove(key, signal)));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  test('go one by one where the provider has no batches', async () => {
    const deleted: string[] = [];
    const backend = {
      capabilities: {},
      deleteObject: async ({ key }: { key: string }) => void deleted.push(key),
    } as unknown as Backend;
    const remove = batchingDelete(backend, 'c');
    await Promise.all(['a', 'b'].map((key) => remove(key, signal)));
    expect(deleted).toEqual(['a', 'b']);
  });
});

test('deletes under way at once: fill two requests of the provider, and are 2,000 at most', () => {
  const capabilities = (maxKeys?: number) =>
    ({ batchDelete: maxKeys === undefined ? undefined : { maxKeys } }) as Backend['capabilities'];
  expect([undefined, 1, 1_000, 10_000].map((keys) => deletesAtOnce(capabilities(keys)))).toEqual([
    0, 2, 2_000, 2_000,
  ]);
});
