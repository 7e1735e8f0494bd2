import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../src/clock.js';
import { type Closable, CloseError, ClosingError, createLifecycle } from '../src/lifecycle.js';

/** A clock whose sleeps last until `pass` is called, so that a deadline comes when the test says so. */
function heldClock() {
  const waiting = new Set<() => void>();
  const clock: Clock = {
    ...systemClock,
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        waiting.add(resolve);
        signal?.addEventListener('abort', () => {
          waiting.delete(resolve);
          reject(signal.reason);
        });
      }),
  };
  return { clock, waiting, pass: () => waiting.forEach((resolve) => void resolve()) };
}

function recorder() {
  const closed: string[] = [];
  const part = (name: string, close: () => Promise<void> = async () => {}): Closable => ({
    async close() {
      closed.push(name);
      await close();
    },
  });
  return { closed, part };
}

const never = () => new Promise<never>(() => {});

test('what was opened is closed in reverse order, once', async () => {
  const { closed, part } = recorder();
  const opened = createLifecycle({ clock: systemClock, deadlineMs: 5_000 });
  await opened.add('lock', part('lock'));
  const index = part('index');
  expect(await opened.add('index', Promise.resolve(index))).toBe(index);
  await opened.add('watcher', part('watcher'));
  await Promise.all([opened.close(), opened.close()]);
  expect(closed).toEqual(['watcher', 'index', 'lock']);
});

test('a part that fails to open is not closed; those before it are', async () => {
  const { closed, part } = recorder();
  const opened = createLifecycle({ clock: systemClock, deadlineMs: 5_000 });
  await opened.add('lock', part('lock'));
  await expect(opened.add('index', Promise.reject(new Error('damaged')))).rejects.toThrow(
    'damaged',
  );
  await opened.close();
  expect(closed).toEqual(['lock']);
});

test('one that fails to close stops none of the others and is reported by name', async () => {
  const { closed, part } = recorder();
  const opened = createLifecycle({ clock: systemClock, deadlineMs: 5_000 });
  await opened.add(
    'lock',
    part('lock', () => Promise.reject(new Error('gone'))),
  );
  await opened.add('index', {
    close() {
      throw new Error('thrown, not rejected');
    },
  });
  await opened.add(
    'ledger',
    part('ledger', () => Promise.reject(new Error('disk full'))),
  );
  await opened.add('watcher', part('watcher'));
  const error = await opened.close().catch((error: unknown) => error);
  expect(error).toBeInstanceOf(CloseError);
  expect(error).toMatchObject({
    message: 'could not close ledger: disk full; index: thrown, not rejected; lock: gone',
    errors: [
      { cause: { message: 'disk full' } },
      { cause: { message: 'thrown, not rejected' } },
      { cause: { message: 'gone' } },
    ],
  });
  expect(closed).toEqual(['watcher', 'ledger', 'lock']);
});

test('one that never closes is left at its deadline', async () => {
  const { closed, part } = recorder();
  const { clock, waiting, pass } = heldClock();
  const opened = createLifecycle({ clock, deadlineMs: 10_000 });
  await opened.add('lock', part('lock'));
  await opened.add('transfer', part('transfer', never));
  const closing = opened.close();
  await expect.poll(() => waiting.size).toBe(1);
  pass();
  await expect(closing).rejects.toThrow('could not close transfer: did not close within 10 s');
  expect(closed).toEqual(['transfer', 'lock']);
  expect(waiting.size).toBe(0);
});

test('what is opened during the closing is closed at once', async () => {
  const { closed, part } = recorder();
  const opened = createLifecycle({ clock: systemClock, deadlineMs: 5_000 });
  let arrive = (_: Closable) => {};
  const adding = opened.add(
    'drivers',
    new Promise<Closable>((resolve) => {
      arrive = resolve;
    }),
  );
  await opened.close();
  arrive(part('drivers'));
  await expect(adding).rejects.toBeInstanceOf(ClosingError);
  expect(closed).toEqual(['drivers']);
});

test('what needs none of the others is closed while they are; what one needs waits for it alone', async () => {
  const { closed, part } = recorder();
  const opened = createLifecycle({ clock: systemClock, deadlineMs: 5_000 });
  let finishLease = () => {};
  const state = await opened.add('state', part('state'));
  await opened.add('target', part('target'), []);
  await opened.add(
    'lease',
    part('lease', () => new Promise((resolve) => (finishLease = resolve))),
    [state],
  );
  const closing = opened.close();
  await expect.poll(() => closed).toEqual(['lease', 'target']);
  finishLease();
  await closing;
  expect(closed).toEqual(['lease', 'target', 'state']);
});
