import { describe, expect, test } from 'vitest';
import type { Copy } from '../../../src/drivers/capabilities.js';
import { type CopySources, copySources } from '../../../src/sync/store/copy-sources.js';

const never = new AbortController().signal;

function open(bindsSource: boolean): CopySources {
  const copy: Copy = {
    bindsSource,
    ifAbsent: false,
    copyObject: () => Promise.reject(new Error('not for this test')),
  };
  return copySources(copy);
}

/** Something that lasts until it is ended. */
function lasting(): { readonly run: () => Promise<string>; readonly begun: boolean; end(): void } {
  let begun = false;
  let end = () => {};
  const promise = new Promise<string>((resolve) => {
    end = () => resolve('done');
  });
  return {
    run: () => {
      begun = true;
      return promise;
    },
    get begun() {
      return begun;
    },
    end: () => end(),
  };
}

/** All that is due now has been done. */
const turns = () => new Promise((resolve) => setImmediate(resolve));

describe('where a copy is not bound to its source', () => {
  test('P3: an object is replaced once no copy of it is under way', async () => {
    const sources = open(false);
    const copies = [lasting(), lasting()];
    const put = lasting();
    const copied = copies.map(({ run }) => sources.copy('a', run));
    const replaced = sources.replace('a', never, put.run);
    for (const copy of copies) {
      await turns();
      expect(put.begun).toBe(false);
      copy.end();
    }
    expect(await Promise.all(copied)).toEqual(['done', 'done']);
    put.end();
    expect(await replaced).toBe('done');
  });

  test('P3: an object that is being replaced is not copied; afterwards it is', async () => {
    const sources = open(false);
    const put = lasting();
    const copy = lasting();
    copy.end();
    const replaced = sources.replace('a', never, put.run);
    expect(await sources.copy('a', copy.run)).toBeUndefined();
    expect(copy.begun).toBe(false);
    put.end();
    await replaced;
    expect(await sources.copy('a', copy.run)).toBe('done');
  });

  test('a put waits no longer than a failing copy, and puts of other names do not wait', async () => {
    const sources = open(false);
    const other = lasting();
    const copied = sources.copy('b', other.run);
    await expect(sources.copy('a', () => Promise.reject(new Error('503')))).rejects.toThrow('503');
    await expect(
      sources.replace('a', never, () => Promise.reject(new Error('504'))),
    ).rejects.toThrow('504');
    expect(await sources.replace('a', never, async () => 'put')).toBe('put');
    expect(await sources.copy('a', async () => 'copied')).toBe('copied');
    other.end();
    await copied;
  });

  test('P3: of many objects that are replaced together those that are being copied are left, and the others are not copied', async () => {
    const sources = open(false);
    const copy = lasting();
    const copied = sources.copy('b', copy.run);
    const put = lasting();
    let rows: readonly boolean[] = [];
    const replaced = sources.replaceEach(['a', 'b', 'c'], (isReplaced) => {
      rows = [0, 1, 2].map(isReplaced);
      return put.run();
    });
    expect(rows).toEqual([true, false, true]);
    expect(await sources.copy('a', async () => 'copied')).toBeUndefined();
    expect(await sources.copy('b', async () => 'copied')).toBe('copied');
    put.end();
    copy.end();
    expect([await replaced, await copied]).toEqual(['done', 'done']);
    expect(await sources.copy('a', async () => 'copied')).toBe('copied');
  });

  test('two files that change names at once wait for each other no longer than for a copy', async () => {
    const sources = open(false);
    const swapped = [
      sources.replace('a', never, () => sources.copy('b', async () => 'a from b')),
      sources.replace('b', never, () => sources.copy('a', async () => 'b from a')),
    ];
    // The second is copied from what is there by then, if that is what was expected: the driver looks.
    expect(await Promise.all(swapped)).toEqual(['a from b', 'b from a']);
  });

  test('a put that waits rejects with the reason of its signal', async () => {
    const sources = open(false);
    const copy = lasting();
    const copied = sources.copy('a', copy.run);
    const stop = new AbortController();
    const replaced = sources.replace('a', stop.signal, async () => 'put');
    stop.abort(new Error('the program ends'));
    await expect(replaced).rejects.toThrow('the program ends');
    copy.end();
    await copied;
  });
});

test('where the provider binds a copy to its source, no put waits', async () => {
  const sources = open(true);
  const copy = lasting();
  const copied = sources.copy('a', copy.run);
  const put = lasting();
  const replaced = sources.replace('a', never, put.run);
  expect(await sources.copy('a', async () => 'copied')).toBe('copied');
  expect(put.begun).toBe(true);
  for (const each of [copy, put]) each.end();
  expect([await copied, await replaced]).toEqual(['done', 'done']);
});
