import { describe, expect, test } from 'vitest';
import { listed, noneHas, scene, signal } from './orphans-scene.js';

describe('the unfinished uploads that a run aborts', () => {
  test('are those of objects without work, unless a job is about to change them', async () => {
    const { orphans, abandonedNames } = scene({});
    await orphans.tidy('reconcile', ['a', 'b'], (name) => name === 'b', signal);
    expect(abandonedNames).toEqual(['a']);
  });

  test('are those of drivers below its prefix without a job, and the others are counted', async () => {
    const { orphans, aborted, listener, prefixes } = scene({
      listed: [
        listed('p/a', { discarded: true }),
        listed('p/b', { discarded: true }),
        listed('p/c'),
        listed('p/d'),
        listed('q/e'),
      ],
      underWay: ['d'],
    });
    await orphans.tidy('reconcile', [], (name) => name === 'b', signal);
    expect({ aborted, prefixes }).toEqual({ aborted: ['listed p/a'], prefixes: ['p/'] });
    expect(listener).toHaveLength(1);
  });

  test('are not reported where all are of this mirror', async () => {
    const { orphans, listener } = scene({ listed: [listed('p/d')], underWay: ['d'] });
    await orphans.tidy('reconcile', [], noneHas, signal);
    expect(listener).toEqual([]);
  });

  test('are listed by the first scan and by each reconcile', async () => {
    const { orphans, prefixes } = scene({});
    const looked: boolean[] = [];
    for (const kind of ['scan', 'scan', 'reconcile', 'scan', 'reconcile'] as const) {
      const before = prefixes.length;
      await orphans.tidy(kind, [], noneHas, signal);
      looked.push(prefixes.length > before);
    }
    expect(looked).toEqual([true, false, true, false, true]);
  });

  test('may fail to be listed, which is logged and stops nothing', async () => {
    const { orphans, listener } = scene({
      onList() {
        throw new Error('may not list');
      },
    });
    await orphans.tidy('reconcile', [], noneHas, signal);
    expect(listener).toHaveLength(1);
  });
});
