import { describe, expect, test } from 'vitest';
import {
  type Dispatcher,
  JobRefusedError,
  type PackedJob,
  QueueAwayError,
  type RefusedJob,
} from '../../src/scale/dispatcher.js';
import { eventually } from '../world/eventually.js';

/** What happens to the next job: see JobFault in memory-dispatcher.ts. */
export type Fault =
  | 'forgotten'
  | 'changed-hands'
  | 'slow'
  | { readonly refused: Omit<RefusedJob, 'worker'> };

/** A dispatcher whose workers answer a job with its payload in capitals. */
export interface DispatcherFixture {
  readonly dispatcher: Dispatcher;
  /** Those that were begun, and how often. */
  begun(payload: string): number;
  fail(fault: Fault): void;
  /** What the dispatcher does every few seconds. */
  poll(): Promise<void>;
  /** Workers that were stopped go on. Resolves when they have done what they had begun. */
  thaw(): Promise<void>;
  /** No worker is there any more, as far as the dispatcher knows. */
  withoutWorkers(): Promise<void>;
}

const never = new AbortController().signal;
const job = (payload: string): PackedJob => ({ kind: 'send', mirror: 'documents', payload });

/** What every dispatcher does. */
export function dispatcherSuite(name: string, open: () => Promise<DispatcherFixture>): void {
  describe(`${name}: a dispatcher`, () => {
    test('resolves with the answer of a worker', async () => {
      const { dispatcher } = await open();
      expect(dispatcher.freePlaces('documents', 'send')).toBeGreaterThan(0);
      expect(await dispatcher.run(job('a'), never)).toMatchObject({
        payload: 'A',
        worker: expect.stringMatching(/./),
        changedHands: false,
      });
      expect(dispatcher.status()).toMatchObject({ up: true, jobs: { done: 1 }, oldestMs: 0 });
    });

    test('gives each of many jobs its own answer', async () => {
      const { dispatcher } = await open();
      const payloads = Array.from({ length: 40 }, (_, at) => `job-${at}`);
      const answers = await Promise.all(payloads.map((each) => dispatcher.run(job(each), never)));
      expect(answers.map(({ payload }) => payload)).toEqual(
        payloads.map((each) => each.toUpperCase()),
      );
    });

    test('has fewer places while jobs are under way, and none without workers', async () => {
      const { dispatcher, fail, thaw, withoutWorkers } = await open();
      const free = dispatcher.freePlaces('documents', 'send');
      fail('slow');
      const running = dispatcher.run(job('a'), never);
      await eventually(() => expect(dispatcher.freePlaces('documents', 'send')).toBe(free - 1));
      await thaw();
      await running;
      expect(dispatcher.freePlaces('documents', 'send')).toBe(free);
      await withoutWorkers();
      expect(dispatcher.freePlaces('documents', 'send')).toBe(0);
    });

    test('says when a place may be free again, and that none will be without workers', async () => {
      const { dispatcher, withoutWorkers } = await open();
      const running = dispatcher.run(job('a'), never);
      expect(await dispatcher.awaitPlace('documents', 10_000, never)).toBe(true);
      await running;
      await withoutWorkers();
      expect(await dispatcher.awaitPlace('documents', 10_000, never)).toBe(false);
    });

    test('adds a job again that the queue has lost, and says that it may have been begun twice', async () => {
      const { dispatcher, fail, poll } = await open();
      fail('forgotten');
      const running = dispatcher.run(job('a'), never);
      await poll();
      expect(await running).toMatchObject({ payload: 'A', changedHands: true });
      expect(dispatcher.status()).toMatchObject({ redone: 1, changedHands: 1, jobs: { done: 1 } });
    });

    test('gives one answer to a job that a second worker has taken over, and says so', async () => {
      const { dispatcher, fail, thaw, begun } = await open();
      fail('changed-hands');
      const answer = await dispatcher.run(job('a'), never);
      expect(answer).toMatchObject({ payload: 'A', changedHands: true });
      expect(begun('a')).toBe(2);
      await thaw();
      expect(await dispatcher.run(job('b'), never)).toMatchObject({
        payload: 'B',
        changedHands: false,
      });
      expect(dispatcher.status()).toMatchObject({ changedHands: 1, jobs: { done: 2 } });
    });

    test.each([true, false])(
      'rejects with what a worker refuses, nothing begun: %s',
      async (nothingBegun) => {
        const { dispatcher, fail } = await open();
        fail({ refused: { refusal: 'fenced', detail: 'its lock has ended', nothingBegun } });
        const error = await dispatcher.run(job('a'), never).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(JobRefusedError);
        expect(error).toMatchObject({ refusal: 'fenced', nothingBegun });
        expect((error as Error).message).toContain('its lock has ended');
        expect(dispatcher.status()).toMatchObject({ fenced: 1 });
      },
    );

    test('rejects with the reason of an aborted signal, and has no use for a later answer', async () => {
      const { dispatcher, fail, thaw } = await open();
      fail('slow');
      const stop = new AbortController();
      const running = dispatcher.run(job('a'), stop.signal);
      stop.abort(new Error('enough'));
      await expect(running).rejects.toThrow('enough');
      await thaw();
      expect(await dispatcher.run(job('b'), never)).toMatchObject({ payload: 'B' });
      await expect(dispatcher.run(job('c'), stop.signal)).rejects.toThrow('enough');
    });

    test('rejects what is under way when it is closed, and takes nothing then', async () => {
      const { dispatcher, fail } = await open();
      fail('slow');
      const running = dispatcher.run(job('a'), never);
      const refused = expect(running).rejects.toThrow(QueueAwayError);
      await dispatcher.close();
      await refused;
      expect(dispatcher.freePlaces('documents', 'send')).toBe(0);
      await expect(dispatcher.run(job('b'), never)).rejects.toThrow(QueueAwayError);
    });
  });
}
