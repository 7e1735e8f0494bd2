import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { silentLogger } from '../../src/log.js';
import { carryOut } from '../../src/scale/carry-out.js';
import type { PackedJob } from '../../src/scale/dispatcher.js';
import { openRemoteEffects } from '../../src/scale/remote-effects.js';
import { namesInSendOrder } from '../../src/scale/send-order.js';
import { countWorkerAnswers } from '../../src/scale/worker-answers.js';
import type { SyncEvent } from '../../src/sync/events.js';
import { BATCH_FILES } from '../../src/sync/upload-batch.js';
import { localBatchEffects } from '../../src/sync/work/local-batch-effects.js';
import { WRITTEN_BY_MS } from '../../src/sync/work/second-looks.js';
import { ciphertext } from '../ciphertext.js';
import { eventually } from '../world/eventually.js';
import { createFolder, removeFolder } from '../world/folder.js';
import { type FixtureOptions, openMirrorFixture } from '../world/mirror-in-process.js';
import { untilStatsAreOld } from '../world/old-stats.js';
import { filesBelow } from '../world/tree.js';
import { entryOf } from './effects-fixture.js';
import { type JobFault, memoryDispatcher } from './memory-dispatcher.js';

const never = new AbortController().signal;
const NAMES = Array.from({ length: 40 }, (_, at) => `d${at % 5}/f${at}`);
const DAEMON = { backoff: { firstMs: 1, limitMs: 5 }, attempts: 4, keepsTrying: true };

interface RemoteMirrorOptions extends FixtureOptions {
  /** Whether its workers put on conditions. */
  readonly conditional?: boolean;
}

/** A mirror whose batches are carried out by workers in this process, with the mirror's source and container. */
async function openRemoteMirror({ conditional = true, ...options }: RemoteMirrorOptions = {}) {
  const due: (() => void)[] = [];
  const pauses = { beforePut: async () => {} };
  const jobs: PackedJob[] = [];
  const dispatcher = memoryDispatcher(async (job, signal, stopped) => {
    jobs.push(job);
    const { parts, root, settings } = fixture.mirror;
    const { store } = root;
    const effects = localBatchEffects({
      reader: parts.reader,
      store: {
        ...store,
        async putAll(...batch) {
          await pauses.beforePut();
          await stopped();
          return store.putAll(...batch);
        },
      },
      policy: settings.policy,
      drain: never,
      ...(conditional && { conditional }),
    });
    return carryOut(job, { effects, isReserved: () => false }, signal);
  });
  const fixture = await openMirrorFixture({
    persistence: DAEMON,
    ...options,
    remote: openRemoteEffects({
      dispatcher,
      clock: systemClock,
      answers: countWorkerAnswers(silentLogger),
    })('m'),
    after(ms, run) {
      if (ms < WRITTEN_BY_MS) return systemClock.after(ms, run);
      due.push(run);
      return () => {};
    },
  });
  const idle = () => fixture.mirror.pending.whenEmpty(never);
  return {
    ...fixture,
    dispatcher,
    pauses,
    jobs,
    idle,
    /** 15 minutes have passed. A daemon makes the scans that deletes may wait for. */
    async later() {
      for (const run of due.splice(0)) run();
      await new Promise((resolve) => setImmediate(resolve));
      await fixture.run('scan');
      await idle();
    },
    /** Writes all files, a moment ago: none needs another look after it was sent. */
    async writeAll(content = '') {
      for (const name of NAMES) fixture.write(name, content + name);
      await untilStatsAreOld();
    },
    /** Names and contents of the files, as `objects` gives those of the objects. */
    files(): Record<string, string> {
      const { source, prefix } = fixture.mirror.settings;
      return Object.fromEntries(
        filesBelow(source).map((name) => [
          `${prefix}${name}`,
          readFileSync(join(source, name)).toString(),
        ]),
      );
    },
    unconfirmed: () =>
      [...fixture.mirror.parts.index.entries()].filter(([, { state }]) => state !== 'confirmed'),
  };
}

test('P5: a batch is marked before it is dispatched, and recorded with the time of its dispatch after the answer', async () => {
  const { mirror, writeAll, run, pauses, jobs, objects, files } = await openRemoteMirror();
  const { index } = mirror.parts;
  await writeAll();
  const before = Date.now();
  let dispatchedAt = 0;
  pauses.beforePut = async () => {
    dispatchedAt = Date.now();
    for (const name of NAMES) expect(index.get(name)).toMatchObject({ state: 'sending', md5: '' });
  };
  await run('reconcile');
  expect(jobs.map(({ kind, mirror: name }) => [kind, name])).toEqual([['send', 'm']]);
  for (const name of NAMES) {
    const { state, hashedAtMs = 0, md5 } = index.get(name) ?? {};
    expect([state, md5]).toEqual(['confirmed', expect.stringMatching(/^[0-9a-f]{32}$/)]);
    expect(hashedAtMs).toBeGreaterThanOrEqual(before);
    expect(hashedAtMs).toBeLessThanOrEqual(dispatchedAt);
  }
  expect(await objects()).toEqual(files());
});

test('few files are sent from here, and so is a batch for which no worker is free', async () => {
  const { write, writeAll, run, dispatcher, jobs, objects, files } = await openRemoteMirror();
  for (const name of NAMES.slice(0, 15)) write(name);
  await run('reconcile');
  dispatcher.takeAtMost(0);
  await writeAll('other ');
  await run('scan');
  expect(jobs).toEqual([]);
  expect(await objects()).toEqual(files());
});

/** A batch has room for 20 files of this content. */
const LARGE = 'x'.repeat(200_000);

test('batches wait for a worker that is at work on others', async () => {
  const { writeAll, run, idle, dispatcher, jobs, objects, files } = await openRemoteMirror();
  await writeAll(LARGE);
  dispatcher.takeAtMost(1);
  await run('reconcile');
  await idle();
  expect(jobs).toHaveLength(2);
  const sent = jobs.flatMap(({ payload }) => namesInSendOrder(payload));
  expect(sent.toSorted()).toEqual(NAMES.toSorted());
  expect(await objects()).toEqual(files());
});

test('batches are sent from here while the workers are silent', async () => {
  const { writeAll, run, idle, dispatcher, jobs, objects, files } = await openRemoteMirror();
  await writeAll(LARGE);
  dispatcher.takeAtMost(1);
  dispatcher.fail('slow');
  const running = run('reconcile');
  await eventually(async () => expect(Object.keys(await objects())).toHaveLength(20));
  expect(jobs).toEqual([]);
  await dispatcher.thaw();
  await running;
  await idle();
  expect(await objects()).toEqual(files());
});

test('a job has more files than a batch that is sent from here', async () => {
  const { write, run, idle, jobs } = await openRemoteMirror();
  for (let at = 0; at < BATCH_FILES + 1; at += 1) write(`${at}`, '');
  await run('reconcile');
  await idle();
  expect(jobs.map(({ payload }) => namesInSendOrder(payload).length)).toEqual([BATCH_FILES + 1]);
});

test('files with another stat and the same content are compared by workers, and their records are as before', async () => {
  const { mirror, writeAll, run, jobs, objects, files } = await openRemoteMirror();
  await writeAll();
  await run('reconcile');
  const md5s = NAMES.map((name) => mirror.parts.index.get(name)?.md5);
  await writeAll();
  const { report } = await run('scan');
  expect(jobs).toHaveLength(2);
  expect(report).toMatchObject({ uploaded: 0 });
  expect(NAMES.map((name) => mirror.parts.index.get(name)?.md5)).toEqual(md5s);
  expect((await run('scan')).report).toMatchObject({ uploaded: 0, refreshed: 0 });
  expect(await objects()).toEqual(files());
});

const GUARD = { count: 5, share: 1, atLeast: 0, windowMs: 3_600_000 };

/** Names whose objects still have what the file of that name had first: its name. */
function unchanged(objects: Record<string, string>): number {
  return NAMES.filter((name) => objects[`p/${name}`] === name).length;
}

test('P4: the guard of the mirror holds content that looks encrypted, also where a worker has read it', async () => {
  const { mirror, write, writeAll, run, jobs, objects } = await openRemoteMirror({
    mirror: { guard: GUARD },
  });
  await writeAll();
  await run('reconcile');
  for (const name of NAMES) write(name, ciphertext(4_000));
  await untilStatsAreOld();
  await run('scan');
  expect(jobs).toHaveLength(2);
  expect(mirror.parts.guard.held.overwrites).toBe(NAMES.length - GUARD.count);
  expect(unchanged(await objects())).toBe(NAMES.length - GUARD.count);
});

test.each([
  ['the queue is away before a worker reads it', false],
  ['this process ends while a worker has it', true],
])('P4: the guard holds content that looks encrypted when %s', async (_, ends) => {
  const folder = createFolder('guard-elsewhere');
  onTestFinished(() => removeFolder(folder));
  const options = { folder, mirror: { guard: GUARD } };
  const first = await openRemoteMirror(options);
  await first.writeAll();
  await first.run('reconcile');
  for (const name of NAMES) first.write(name, ciphertext(4_000));
  await untilStatsAreOld();
  first.dispatcher.fail('slow');
  const running = first.run('scan').catch(() => undefined);
  await expect.poll(() => first.dispatcher.status().jobs.active).toBe(1);
  if (ends) await first.close();
  else await first.dispatcher.close();
  await running;
  const { mirror, run } = ends ? await openMirrorFixture(options) : first;
  if (ends) await run('scan');
  expect(mirror.parts.guard.held.overwrites).toBe(NAMES.length - GUARD.count);
});

/** Paths whose deletes were withheld. */
function withheld(events: readonly SyncEvent[]): readonly string[] {
  const paths = events.flatMap((event) =>
    event.event === 'skipped' && event.reason === 'delete-withheld' ? [event.path] : [],
  );
  return [...new Set(paths)];
}

test('P1: a worker that wakes up after another one did its job overwrites no newer version: the store refuses it', async () => {
  const { mirror, write, writeAll, run, dispatcher, objects, files, later, idle } =
    await openRemoteMirror();
  await writeAll('0 ');
  await run('reconcile');
  for (const prefix of ['1 ', '2 ']) {
    await writeAll(prefix);
    dispatcher.fail('changed-hands');
    await run('scan');
    await idle();
    expect(await objects()).toEqual(files());
  }
  const [name = ''] = NAMES;
  write(name, 'version 3');
  await run('scan');
  await idle();
  await dispatcher.thaw();
  expect(await objects()).toEqual(files());
  await later();
  expect(await objects()).toEqual(files());
  expect(mirror.parts.index.get(name)).toMatchObject({ state: 'confirmed', size: 9 });
});

test.each([
  ['of another writer', 'of another'],
  ['of an earlier request for the same order', ''],
])(
  'P1: a file whose condition fails is looked at, and sent or confirmed once: an object %s',
  async (_, foreign) => {
    const { mirror, writeAll, run, idle, pauses, jobs, objects, files, events, unconfirmed } =
      await openRemoteMirror();
    await writeAll();
    const [name = ''] = NAMES;
    const { store } = mirror.root;
    pauses.beforePut = async () => {
      const entry = { ...entryOf(mirror.settings.source, name) };
      const bytes = Buffer.from(foreign || name);
      const md5 = createHash('md5').update(bytes).digest('hex');
      await store.putBytes(
        name,
        { ...entry, size: bytes.length },
        { bytes, md5 },
        'anywhere',
        never,
      );
    };
    await run('reconcile');
    await idle();
    expect(jobs).toHaveLength(1);
    expect(await objects()).toEqual(files());
    expect(unconfirmed()).toEqual([]);
    const done = events.flatMap((event) =>
      event.event === 'done' && event.name === name ? [event.job] : [],
    );
    expect(done).toEqual([foreign === '' ? 'adopt' : 'upload_object']);
    expect((await run('reconcile')).report).toMatchObject({ uploaded: 0, failed: 0 });
  },
);

test('P1: a worker without conditions that wakes up overwrites a newer version only until the second look', async () => {
  const { mirror, write, writeAll, run, dispatcher, objects, files, later, idle } =
    await openRemoteMirror({ conditional: false });
  await writeAll('1 ');
  dispatcher.fail('changed-hands');
  await run('reconcile');
  expect(await objects()).toEqual(files());
  const [name = ''] = NAMES;
  write(name, 'version 2');
  await run('scan');
  await idle();
  expect((await objects())[`p/${name}`]).toBe('version 2');
  await dispatcher.thaw();
  expect((await objects())[`p/${name}`]).toBe(`1 ${name}`);
  await later();
  expect(await objects()).toEqual(files());
  expect(mirror.parts.index.get(name)).toMatchObject({ state: 'confirmed', size: 9 });
});

test('P4: a delete of a name that a stopped worker may still write waits for the second look, and leaves no object', async () => {
  const { mirror, writeAll, remove, run, dispatcher, objects, files, later, idle, events } =
    await openRemoteMirror();
  await writeAll();
  dispatcher.fail('changed-hands');
  await run('reconcile');
  const [name = ''] = NAMES;
  remove(name);
  await run('scan');
  await idle();
  expect(withheld(events)).toEqual([name]);
  expect(mirror.parts.index.get(name)).toBeDefined();
  await dispatcher.thaw();
  expect(Object.keys(await objects())).toContain(`p/${name}`);
  await later();
  expect(await objects()).toEqual(files());
  expect(mirror.parts.index.get(name)).toBeUndefined();
});

test.each([
  ['is away', 'away'],
  ['has a forged answer', { forged: () => 'forged' }],
  ['returns a fenced job', refused('fenced', false)],
  ['has no worker with this source', refused('source', true)],
] as const)('P1: the files of a batch are sent from here when the queue %s', async (_, fault) => {
  const { mirror, writeAll, run, dispatcher, objects, files, unconfirmed, later } =
    await openRemoteMirror();
  await writeAll();
  dispatcher.fail(fault);
  const { report } = await run('reconcile');
  expect(report).toMatchObject({ failed: 0 });
  expect(await objects()).toEqual(files());
  expect(unconfirmed()).toEqual([]);
  await later();
  expect(mirror.pending.size).toBe(0);
  expect((await run('reconcile')).report).toMatchObject({ uploaded: 0, deleted: 0 });
});

function refused(refusal: 'fenced' | 'source', nothingBegun: boolean): JobFault {
  return { refused: { refusal, nothingBegun, detail: 'for the test' } };
}

test('P5: after a restart, names that a worker may still write are not deleted before their second look', async () => {
  const folder = createFolder('restart');
  onTestFinished(() => removeFolder(folder));
  const first = await openRemoteMirror({ folder });
  await first.writeAll();
  first.dispatcher.fail('slow');
  const running = first.run('reconcile').catch(() => undefined);
  await expect.poll(() => first.dispatcher.status().jobs.active).toBe(1);
  await first.close();
  await running;
  expect(existsSync(join(folder, 'state/mirrors/m/under-way/1.json'))).toBe(true);

  const second = await openRemoteMirror({ folder });
  const [name = ''] = NAMES;
  await second.run('reconcile');
  second.remove(name);
  await second.run('scan');
  expect(withheld(second.events)).toEqual([name]);
  await second.later();
  expect(second.mirror.parts.index.get(name)).toBeUndefined();
  expect(second.unconfirmed()).toEqual([]);
});

const anyName = fc.constantFrom(...NAMES);
const anyChange = fc.oneof(
  { weight: 4, arbitrary: fc.record({ name: anyName, write: fc.string({ maxLength: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ name: anyName, remove: fc.constant(true) }) },
  { weight: 1, arbitrary: fc.record({ name: anyName, encrypt: fc.constant(true) }) },
  { weight: 1, arbitrary: fc.record({ name: anyName, sameSize: fc.constantFrom('a', 'b') }) },
);
const anyFault: fc.Arbitrary<JobFault | undefined> = fc.constantFrom(
  undefined,
  'twice' as const,
  'changed-hands' as const,
  'away' as const,
  { forged: () => '' },
  { forged: (answer: string) => answer.slice(8) },
  refused('fenced', false),
  refused('source', true),
);
const anyHistory = fc.array(
  fc.record({
    changes: fc.array(anyChange, { minLength: 16, maxLength: 60 }),
    faults: fc.array(anyFault, { maxLength: 2 }),
    thaws: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);

test('P1, P2: whatever becomes of jobs and of workers, the store is equal to the source after the second looks', async () => {
  await fc.assert(
    fc.asyncProperty(anyHistory, async (history) => {
      const fixture = await openRemoteMirror();
      const { mirror, write, dispatcher, run } = fixture;
      await fixture.writeAll();
      await run('reconcile');
      for (const { changes, faults, thaws } of history) {
        await untilStatsAreOld();
        for (const each of changes) {
          const path = join(mirror.settings.source, each.name);
          if ('write' in each) write(each.name, each.write);
          else if ('encrypt' in each) write(each.name, ciphertext(600));
          else if (!existsSync(path)) continue;
          else if ('sameSize' in each) write(each.name, each.sameSize.repeat(lstatSync(path).size));
          else rmSync(path);
        }
        for (const fault of faults) if (fault !== undefined) dispatcher.fail(fault);
        await run('scan');
        if (thaws) await dispatcher.thaw();
      }
      await dispatcher.thaw();
      await run('scan');
      await fixture.later();
      await run('reconcile');
      expect(await fixture.objects()).toEqual(fixture.files());
      expect(fixture.unconfirmed()).toEqual([]);
      expect((await run('reconcile')).report).toMatchObject({ uploaded: 0, deleted: 0, failed: 0 });
    }),
    { numRuns: 4, endOnFailure: true },
  );
}, 180_000);
