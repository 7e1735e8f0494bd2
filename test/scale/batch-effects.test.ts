import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import type { Backend } from '../../src/drivers/backend.js';
import { TargetUnavailableError } from '../../src/drivers/errors.js';
import { silentLogger } from '../../src/log.js';
import { carryOut } from '../../src/scale/carry-out.js';
import { DamagedColumnsError } from '../../src/scale/column-bytes.js';
import { JobRefusedError, QueueAwayError } from '../../src/scale/dispatcher.js';
import { openRemoteEffects } from '../../src/scale/remote-effects.js';
import { countWorkerAnswers } from '../../src/scale/worker-answers.js';
import type { BatchContent } from '../../src/sync/source/batch-content.js';
import { type MarkFiles, NotBegunError } from '../../src/sync/work/batch-effects.js';
import { withQuickPut } from '../fakes/quick-put.js';
import { batchEffectsSuite } from './batch-effects-suite.js';
import {
  type EffectsFixture,
  type EffectsFixtureOptions,
  openEffectsFixture,
  orderOf,
  sending,
} from './effects-fixture.js';
import { memoryDispatcher } from './memory-dispatcher.js';

const never = new AbortController().signal;
const anyMark: MarkFiles = async () => {};
const isReserved = (name: string) => name.startsWith('.longshore/');

/** Effects through a queue in memory, whose workers carry out what `fixture.local` can. */
function remote({ local, pauses }: Pick<EffectsFixture, 'local' | 'pauses'>) {
  const dispatcher = memoryDispatcher((job, signal, stopped) => {
    pauses.beforePut = stopped;
    return carryOut(job, { effects: local, isReserved }, signal);
  });
  const answers = countWorkerAnswers(silentLogger);
  const effects = openRemoteEffects({ dispatcher, clock: systemClock, answers })('m');
  return { dispatcher, answers, effects };
}

batchEffectsSuite('local effects', ({ local }) => local);
batchEffectsSuite(
  'effects of a worker, by a queue in memory',
  (fixture) => remote(fixture).effects,
);

const withoutBatches = (backend: Backend): Backend => ({
  ...backend,
  capabilities: { ...backend.capabilities, batchPut: undefined },
});

describe('local effects: memory of a batch', () => {
  const releasesOf = async (options?: EffectsFixtureOptions) => {
    const fixture = await openEffectsFixture(options);
    const released: BatchContent[] = [];
    const effects = fixture.localWith((reader) => ({
      readAll: reader.readAll,
      release(read) {
        released.push(read);
        new Uint8Array(read.content).fill('#'.charCodeAt(0)); // as the next batch does
      },
    }));
    return { ...fixture, released, effects };
  };

  test('is free once a store that takes many objects at once has answered', async () => {
    const { effects, released, write, objects } = await releasesOf();
    await effects.send(orderOf([sending(write('a')), sending(write('b'))]), anyMark, never);
    expect(released).toHaveLength(1);
    expect(await objects()).toEqual({ a: 'a', b: 'b' });
  });

  test('is not used again when the store has failed, or where each object is a request', async () => {
    const failed = await releasesOf();
    failed.faults.next('putObjects', new TargetUnavailableError('away', { driver: 'memory' }));
    const order = orderOf([sending(failed.write('a'))]);
    await expect(failed.effects.send(order, anyMark, never)).rejects.toThrow('away');
    expect(failed.released).toEqual([]);
    for (const wrap of [withQuickPut, withoutBatches]) {
      const { effects, released, write, objects } = await releasesOf({ wrap });
      await effects.send(orderOf([sending(write('a'))]), anyMark, never);
      expect(await objects()).toEqual({ a: 'a' });
      expect(released).toEqual([]);
    }
  });
});

describe('remote effects', () => {
  const opened = async (options: Parameters<typeof openEffectsFixture>[0] = {}) => {
    const fixture = await openEffectsFixture(options);
    const order = (...names: string[]) =>
      orderOf(names.map((name) => sending(fixture.write(name))));
    return { ...fixture, ...remote(fixture), order };
  };

  test('count the files that a worker did not send, as another object stood there', async () => {
    const { effects, answers, write } = await opened({ conditional: true });
    const send = (...names: string[]) =>
      effects.send(
        orderOf(names.map((each) => sending(write(each), { where: 'absent' }))),
        anyMark,
        never,
      );
    await send('a', 'b');
    expect(answers.counts.conflicts).toBe(0);
    await send('a', 'b', 'c');
    expect(answers.counts.conflicts).toBe(2);
  });

  test('take a batch while a worker is free, and no more of them while others are prepared', async () => {
    const { dispatcher, effects, order } = await opened();
    const { batch } = order('a');
    dispatcher.takeAtMost(1);
    expect(effects.takes(batch)).toBe(true);
    let marked = () => {};
    const marking: MarkFiles = () => new Promise((resolve) => (marked = resolve));
    const sent = effects.send(order('a'), marking, never);
    expect(effects.takes(batch)).toBe(false);
    marked();
    await sent;
    expect(effects.takes(batch)).toBe(true);
    dispatcher.takeAtMost(0);
    expect(effects.takes(batch)).toBe(false);
  });

  test('take no batch whose names are too long for an order', async () => {
    const { effects } = await opened();
    const paths = (bytes: number) => ({ ...orderOf([]).batch, paths: 'x'.repeat(bytes) });
    expect(effects.takes(paths(256 * 1024))).toBe(true);
    expect(effects.takes(paths(256 * 1024 + 1))).toBe(false);
  });

  test.each(['lost-event', 'forgotten'] as const)(
    'have the answer of a job with the fault "%s" after the queue was looked at',
    async (fault) => {
      const { dispatcher, effects, order, objects } = await opened();
      dispatcher.fail(fault);
      const sent = effects.send(order('a', 'b'), anyMark, never);
      await expect.poll(() => dispatcher.status().jobs.active).toBe(1);
      const polling = setImmediateUntil(sent, () => dispatcher.poll());
      const answer = await sent;
      await polling;
      expect(answer.files.map(({ state }) => state)).toEqual(['sent', 'sent']);
      expect(answer.changedHands).toBe(fault === 'forgotten');
      expect(await objects()).toEqual({ a: 'a', b: 'b' });
    },
  );

  test('say of a job that two workers had that it changed hands', async () => {
    const { dispatcher, effects, order, objects } = await opened();
    dispatcher.fail('changed-hands');
    const answer = await effects.send(order('a'), anyMark, never);
    expect(answer).toMatchObject({ changedHands: true, files: [{ state: 'sent' }] });
    await dispatcher.thaw();
    expect(await objects()).toEqual({ a: 'a' });
    dispatcher.fail('twice');
    expect((await effects.send(order('b'), anyMark, never)).changedHands).toBe(true);
  });

  test('reject when the queue is away, when a worker returns the job, and when it was not begun', async () => {
    const { dispatcher, effects, order } = await opened();
    dispatcher.fail('away');
    await expect(effects.send(order('a'), anyMark, never)).rejects.toThrow(QueueAwayError);
    const refused = { refusal: 'fenced', detail: 'its lock was not extended' } as const;
    dispatcher.fail({ refused: { ...refused, nothingBegun: false } });
    await expect(effects.send(order('a'), anyMark, never)).rejects.toThrow(JobRefusedError);
    dispatcher.fail({ refused: { ...refused, nothingBegun: true } });
    await expect(effects.send(order('a'), anyMark, never)).rejects.toThrow(NotBegunError);
    await dispatcher.close();
    await expect(effects.send(order('a'), anyMark, never)).rejects.toThrow(QueueAwayError);
  });

  test('believe no answer that cannot be one to the order', async () => {
    const { dispatcher, effects, order, write, local } = await opened();
    for (const forged of [
      () => '',
      () => 'not an answer',
      (answer: string) => answer.slice(4),
      (_: string, { payload }: { payload: string }) => payload,
    ]) {
      dispatcher.fail({ forged });
      await expect(effects.send(order('a'), anyMark, never)).rejects.toThrow(DamagedColumnsError);
    }
    let other = '';
    dispatcher.fail({ forged: (answer) => (other = answer) });
    await effects.send(orderOf([sending(write('b'))]), anyMark, never);
    dispatcher.fail({ forged: () => other });
    await expect(effects.send(order('a'), anyMark, never)).rejects.toThrow('another order');
    const reserved = remote({ local, pauses: { beforePut: async () => {} } }).effects;
    const lease = orderOf([sending(write('.longshore/lease'))]);
    await expect(reserved.send(lease, anyMark, never)).rejects.toThrow('reserved');
  });
});

/** Calls `run` in each turn until the promise has settled. */
async function setImmediateUntil(promise: Promise<unknown>, run: () => void): Promise<void> {
  let settled = false;
  const end = () => {
    settled = true;
  };
  promise.then(end, end);
  while (!settled) {
    run();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
