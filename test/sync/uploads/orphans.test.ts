import { describe, expect, test } from 'vitest';
import { known, listed, MINUTE, noneHas, scene, signal } from './orphans-scene.js';

describe('an upload that was abandoned', () => {
  test('is aborted by its token, and forgotten', async () => {
    const { orphans, aborted, settled, prefixes } = scene({ abandoned: [known('a'), known('b')] });
    await orphans.abort(signal);
    expect({ aborted, settled, prefixes }).toEqual({
      aborted: ['known a', 'known b'],
      settled: ['a', 'b'],
      prefixes: [],
    });
  });

  test('of one object is aborted alone when only that object is asked for', async () => {
    const { orphans, aborted, settled } = scene({ abandoned: [known('a'), known('b')] });
    await orphans.abort(signal, 'b');
    expect({ aborted, settled }).toEqual({ aborted: ['known b'], settled: ['b'] });
  });

  test('of a provider that is not used any more is logged, and not asked for elsewhere', async () => {
    const { orphans, aborted, settled, listener } = scene({ abandoned: [known('a', 's3')] });
    await orphans.abort(signal);
    expect({ aborted, settled, listener: listener.length }).toEqual({
      aborted: [],
      settled: ['a'],
      listener: 1,
    });
  });

  test('that cannot be aborted now stays in the ledger, and the others are aborted', async () => {
    const { orphans, aborted, settled, listener } = scene({
      abandoned: [known('a'), known('b')],
      onAbort(opaque) {
        if (opaque === 'known a') throw new Error('away');
      },
    });
    await orphans.abort(signal);
    expect({ aborted, settled, listener: listener.length }).toEqual({
      aborted: ['known b'],
      settled: ['b'],
      listener: 1,
    });
  });

  test('is aborted again when the ledger could not be written', async () => {
    const { orphans, listener } = scene({
      abandoned: [known('a')],
      onSettled() {
        throw new Error('disk full');
      },
    });
    await orphans.abort(signal);
    expect(listener).toHaveLength(1);
  });

  test('is waited for until the signal is aborted', async () => {
    const stop = new AbortController();
    const { orphans, settled } = scene({
      abandoned: [known('a'), known('b')],
      onAbort() {
        stop.abort(new Error('enough'));
        throw new Error('broken off');
      },
    });
    await expect(orphans.abort(stop.signal)).rejects.toThrow('enough');
    await expect(orphans.tidy('reconcile', [], noneHas, stop.signal)).rejects.toThrow('enough');
    expect(settled).toEqual([]);
  });

  test('is ignored where the target has no uploads in parts', async () => {
    const { orphans, settled, abandonedNames } = scene({
      abandoned: [known('a')],
      canSendParts: false,
    });
    await orphans.abort(signal);
    await orphans.tidy('reconcile', ['a'], noneHas, signal);
    expect({ settled, abandonedNames }).toEqual({ settled: [], abandonedNames: [] });
  });
});

describe('an upload whose begin was never answered', () => {
  const beganAtMs = 1_000 * MINUTE;
  const abandoned = [{ name: 'a', beganAtMs }];

  test('is found by its object and its time, by clocks that may differ by a quarter of an hour', async () => {
    const at = (key: string, minutes: number) =>
      listed(key, { beganAtMs: beganAtMs + minutes * MINUTE, opaque: `${key} ${minutes}` });
    const { orphans, aborted, settled, prefixes } = scene({
      abandoned,
      listed: [
        at('p/a', -15.01),
        at('p/a', -15),
        at('p/a', 15),
        at('p/a', 15.01),
        at('p/ab', 0),
        listed('p/a'),
      ],
    });
    await orphans.abort(signal);
    expect({ aborted, settled, prefixes }).toEqual({
      aborted: ['p/a -15', 'p/a 15'],
      settled: ['a'],
      prefixes: ['p/a'],
    });
  });

  test('is not searched while another upload of its object may be under way', async () => {
    const { orphans, settled, prefixes } = scene({ abandoned, underWay: ['a'] });
    await orphans.abort(signal);
    expect({ settled, prefixes }).toEqual({ settled: [], prefixes: [] });
  });

  test('is left alone when another upload of its object begins during the listing', async () => {
    const underWay: string[] = [];
    const { orphans, aborted, settled } = scene({
      abandoned,
      underWay,
      listed: [listed('p/a', { beganAtMs })],
      onList: () => void underWay.push('a'),
    });
    await orphans.abort(signal);
    expect({ aborted, settled }).toEqual({ aborted: [], settled: [] });
  });
});
