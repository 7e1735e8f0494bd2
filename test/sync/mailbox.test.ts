import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { createMailbox } from '../../src/sync/mailbox.js';

const { signal } = new AbortController();

it('gives out what was put, in order, whether somebody waited for it or not', async () => {
  const mailbox = createMailbox<number>();
  mailbox.put(1);
  mailbox.put(2);
  expect([await mailbox.take(signal), await mailbox.take(signal)]).toEqual([1, 2]);
  const taken = mailbox.take(signal);
  mailbox.put(3);
  expect(await taken).toBe(3);
});

it('fails once all that came before has been taken, with the first error', async () => {
  const mailbox = createMailbox<number>();
  mailbox.put(1);
  mailbox.fail(new Error('the first'));
  mailbox.fail(new Error('the second'));
  expect(await mailbox.take(signal)).toBe(1);
  await expect(mailbox.take(signal)).rejects.toThrow('the first');
  await expect(mailbox.take(signal)).rejects.toThrow('the first');
});

it('waits no longer than its signal', async () => {
  const stop = new AbortController();
  const taken = createMailbox<number>().take(stop.signal);
  stop.abort(new Error('enough'));
  await expect(taken).rejects.toThrow('enough');
});

it('P7: holds nothing that was taken', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const mailbox = createMailbox<object>();
  const taken: WeakRef<object>[] = [];
  for (let n = 0; n < 100; n++) {
    const waiting = mailbox.take(signal);
    mailbox.put({ n });
    taken.push(new WeakRef(await waiting));
  }
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  expect(taken.filter((ref) => ref.deref() !== undefined).length).toBeLessThan(3);
});
