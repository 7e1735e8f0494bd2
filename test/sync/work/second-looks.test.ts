import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { silentLogger } from '../../../src/log.js';
import { openUnderWay } from '../../../src/state/under-way.js';
import { packBatch } from '../../../src/sync/upload-batch.js';
import {
  type BatchAnswer,
  type BatchOrder,
  NotBegunError,
  type RemoteBatchEffects,
} from '../../../src/sync/work/batch-effects.js';
import { createSecondLooks, WRITTEN_BY_MS } from '../../../src/sync/work/second-looks.js';
import { fakeClock } from '../../fakes/clock.js';
import { eventually } from '../../world/eventually.js';
import { temporaryFolder } from '../../world/folder.js';

const never = new AbortController().signal;
const entry = {
  ...{ path: 'a', kind: 'file' as const, size: 1, mtimeNs: 0n, ctimeNs: 0n, inode: 1n },
  ...{ mode: 0o644, uid: 0, gid: 0 },
};
const order: BatchOrder = {
  batch: packBatch([{ entry, why: 'new', listed: 'unknown' }]),
  files: [{ entry, sends: 'any', recorded: undefined, replaces: 'unknown', where: 'anywhere' }],
};
const content = { md5: undefined, looks: 'ordinary', hashedAtMs: 0 } as const;
const answered = (changedHands: boolean): BatchAnswer => ({
  files: [{ state: 'unconfirmed' }],
  changedHands,
});

const taking: RemoteBatchEffects = {
  takes: () => true,
  mayTake: async () => true,
  send: async () => answered(false),
};

/** A mirror whose batches end in what `outcomes` say. `again`: as another process opens it on the same state. */
async function opened({ folder = temporaryFolder('second-looks'), staysForIt = true } = {}) {
  const clock = fakeClock();
  const underWay = await openUnderWay({ folder, mirror: 'm', clock, log: silentLogger });
  const looked: string[][] = [];
  const stop = new AbortController();
  let fails = false;
  const looks = createSecondLooks({
    underWay,
    staysForIt,
    clock,
    signal: stop.signal,
    async look(names) {
      if (fails) throw new Error('the index cannot be read');
      looked.push([...names]);
    },
  });
  const noted = () => readdirSync(join(folder, 'under-way'));
  return {
    clock,
    looks,
    looked,
    stop,
    noted,
    failing(now: boolean) {
      fails = now;
    },
    again: (more = {}) => opened({ folder, ...more }),
    /** Sends a batch of these files, which changes hands. */
    async sendAll(names: readonly string[]) {
      const files = names.map((path, row) => ({ row, entry: { ...entry, path }, content }));
      const effects: RemoteBatchEffects = {
        ...taking,
        async send(_order, mark) {
          await mark(files);
          return answered(true);
        },
      };
      await looks.remembering(effects).send(order, async () => {}, never);
    },
    /** Sends a batch of the file `a`, which is marked, and ends like this. `atMark`: what was noted then. */
    async send(ends: BatchAnswer | Error): Promise<{ atMark: readonly string[] }> {
      let atMark: readonly string[] = [];
      const effects: RemoteBatchEffects = {
        ...taking,
        async send(_order, mark) {
          await mark([{ row: 0, entry, content }]);
          if (ends instanceof Error) throw ends;
          return ends;
        },
      };
      const marking = async () => {
        atMark = noted();
      };
      const sent = looks.remembering(effects).send(order, marking, never);
      await sent.catch((error: unknown) => expect(error).toBe(ends));
      return { atMark };
    },
  };
}

test('second looks: names are noted before they are marked, and forgotten after an answer of one worker', async () => {
  const { send, noted, looks, looked, clock } = await opened();
  expect((await send(answered(false))).atMark).toEqual(['1.json']);
  expect(noted()).toEqual([]);
  expect(looks.withholds('a')).toBeUndefined();
  await clock.advance(2 * WRITTEN_BY_MS);
  expect(looked).toEqual([]);
});

test.each([
  ['changed hands', answered(true)],
  ['got no answer', new Error('the queue is away')],
])(
  'second looks: names of a batch that %s are not deleted for 15 minutes, then looked at, then forgotten',
  async (_, ends) => {
    const { send, noted, looks, looked, clock } = await opened();
    await send(ends);
    expect(looks.withholds('a')).toMatchObject({ outcome: 'deferred', reason: 'delete-withheld' });
    expect(looks.withholds('b')).toBeUndefined();
    await clock.advance(WRITTEN_BY_MS - 1);
    expect(looked).toEqual([]);
    expect(noted()).toEqual(['1.json']);
    await clock.advance(1);
    expect(looks.withholds('a')).toBeUndefined();
    expect(looked).toEqual([['a']]);
    await expect.poll(noted).toEqual([]);
  },
);

test('P7: second looks: no batch is given away while 50,000 names are late', async () => {
  const { looks, clock, sendAll } = await opened();
  const names = (from: number) => Array.from({ length: 25_000 }, (_, at) => `${from + at}`);
  expect(looks.remembering(taking).takes(order.batch)).toBe(true);
  await sendAll(names(0));
  expect(looks.remembering(taking).takes(order.batch)).toBe(true);
  await sendAll(names(25_000));
  expect(looks.remembering(taking).takes(order.batch)).toBe(false);
  await clock.advance(WRITTEN_BY_MS);
  expect(looks.remembering(taking).takes(order.batch)).toBe(true);
});

test('second looks: a batch that was not begun needs none', async () => {
  const { send, noted, looks } = await opened();
  await send(new NotBegunError('no worker has this source'));
  expect(looks.withholds('a')).toBeUndefined();
  expect(noted()).toEqual([]);
});

test('second looks: a name that changed hands again waits for the later time', async () => {
  const { send, looks, looked, clock } = await opened();
  await send(answered(true));
  await clock.advance(WRITTEN_BY_MS / 2);
  await send(answered(true));
  await clock.advance(WRITTEN_BY_MS / 2);
  expect(looked).toEqual([['a']]);
  expect(looks.withholds('a')).toBeDefined();
  await clock.advance(WRITTEN_BY_MS / 2);
  expect(looks.withholds('a')).toBeUndefined();
});

test('P5: second looks: another process takes over the names that an earlier one has left', async () => {
  const first = await opened();
  await first.send(answered(true));
  first.stop.abort();
  await first.clock.advance(WRITTEN_BY_MS);
  expect(first.looked).toEqual([]);
  const { looks, looked, clock, noted, send } = await first.again();
  expect(looks.withholds('a')).toBeDefined();
  expect((await send(answered(false))).atMark).toEqual(['1.json', '2.json']);
  await clock.advance(WRITTEN_BY_MS);
  expect(looked).toEqual([['a']]);
  await expect.poll(noted).toEqual([]);
});

test('second looks: a one-shot run withholds deletes, and leaves the names to the next daemon', async () => {
  const first = await opened();
  await first.send(answered(true));
  const { looks, looked, clock, noted } = await first.again({ staysForIt: false });
  expect(looks.withholds('a')).toMatchObject({ outcome: 'skipped', reason: 'delete-withheld' });
  await clock.advance(2 * WRITTEN_BY_MS);
  expect([looked, noted()]).toEqual([[], ['1.json']]);
});

test('second looks: names that cannot be looked at are looked at again after a minute', async () => {
  const { send, looks, looked, clock, failing } = await opened();
  await send(answered(true));
  failing(true);
  await clock.advance(WRITTEN_BY_MS);
  expect(looks.withholds('a')).toBeUndefined();
  failing(false);
  await clock.advance(60_000);
  expect(looked).toEqual([['a']]);
});

test('second looks: names that were sent once more after their answer are withheld, noted, and looked at', async () => {
  const { looks, looked, noted, clock } = await opened();
  let sentAgain: (names: readonly string[]) => void = () => {};
  looks.remembering({
    ...taking,
    listen(listener) {
      sentAgain = listener;
    },
  });
  sentAgain(['a', 'b']);
  await eventually(() => expect(looks.withholds('b')?.outcome).toBe('deferred'));
  expect(noted()).toEqual(['1.json']);
  await clock.advance(WRITTEN_BY_MS);
  await eventually(() => expect(noted()).toEqual([]));
  expect(looked).toEqual([['a', 'b']]);
  expect(looks.withholds('b')).toBeUndefined();
});
