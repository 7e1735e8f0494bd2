import { describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import type { ListedUpload } from '../../../src/drivers/capabilities.js';
import type { AbandonedUpload } from '../../../src/state/ledger.js';
import { createOrphans, type Orphans } from '../../../src/sync/uploads/orphans.js';
import type { UnfinishedUploads } from '../../../src/sync/uploads/unfinished-uploads.js';

const { signal } = new AbortController();
const MINUTE = 60_000;
const noneHas = () => false;

interface Scene {
  readonly listed?: readonly ListedUpload[];
  readonly abandoned?: readonly AbandonedUpload[];
  /** Names of objects to which an upload may be under way. */
  readonly underWay?: readonly string[];
  /** What a request of an abort does beyond being noted. */
  readonly onAbort?: (opaque: string) => void;
  readonly onList?: () => void;
  readonly onSettled?: () => void;
  readonly canSendParts?: boolean;
}

interface Seen {
  readonly orphans: Orphans;
  readonly aborted: string[];
  readonly settled: string[];
  readonly abandonedNames: string[];
  readonly prefixes: string[];
  readonly listener: string[];
}

const listed = (key: string, more: Partial<ListedUpload> = {}): ListedUpload => ({
  driver: 'memory',
  container: 'c',
  key,
  opaque: `listed ${key}`,
  ...more,
});

function scene({
  listed: uploads = [],
  abandoned = [],
  underWay = [],
  onAbort,
  onList,
  onSettled,
  canSendParts = true,
}: Scene): Seen {
  const aborted: string[] = [];
  const settled: string[] = [];
  const abandonedNames: string[] = [];
  const prefixes: string[] = [];
  const listener: string[] = [];
  const multipart = {
    async unfinished(_container: string, prefix: string) {
      prefixes.push(prefix);
      onList?.();
      return uploads.filter(({ key }) => key.startsWith(prefix));
    },
    async abort({ opaque }: ListedUpload) {
      onAbort?.(opaque);
      aborted.push(opaque);
    },
  };
  const backend = {
    name: 'memory',
    capabilities: canSendParts ? { multipart } : {},
  } as unknown as Backend;
  const ledgered = {
    abandoned: () => abandoned,
    isIdle: (name: string) => !underWay.includes(name),
    async abandon(names: Iterable<string>) {
      abandonedNames.push(...names);
    },
    async settled(done: readonly AbandonedUpload[]) {
      settled.push(...done.map(({ name }) => name));
      onSettled?.();
    },
  } as unknown as UnfinishedUploads;
  const report = (what: string) => void listener.push(what);
  const log = { error: report, warn: report, info: report, debug: report } as never;
  const orphans = createOrphans({ backend, container: 'c', prefix: 'p/', uploads: ledgered, log });
  return { orphans, aborted, settled, abandonedNames, prefixes, listener };
}

const known = (name: string, driver = 'memory'): AbandonedUpload => ({
  name,
  beganAtMs: 0,
  token: { driver, container: 'c', key: `p/${name}`, opaque: `known ${name}` },
});

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
