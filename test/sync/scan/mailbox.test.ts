import { expect, it } from 'vitest';
import { createMailbox } from '../../../src/sync/scan/mailbox.js';
import { leftAfter } from '../../garbage.js';

const { signal } = new AbortController();

it('mailbox: gives out items in order, whether a reader waited for them or not', async () => {
  const mailbox = createMailbox<number>();
  mailbox.put(1);
  mailbox.put(2);
  expect([await mailbox.take(signal), await mailbox.take(signal)]).toEqual([1, 2]);
  const taken = mailbox.take(signal);
  mailbox.put(3);
  expect(await taken).toBe(3);
});

it('mailbox: fails with the first error after all earlier items were taken', async () => {
  const mailbox = createMailbox<number>();
  mailbox.put(1);
  mailbox.fail(new Error('the first'));
  mailbox.fail(new Error('the second'));
  expect(await mailbox.take(signal)).toBe(1);
  await expect(mailbox.take(signal)).rejects.toThrow('the first');
  await expect(mailbox.take(signal)).rejects.toThrow('the first');
});

it('mailbox: a waiting reader rejects with the reason of its signal', async () => {
  const stop = new AbortController();
  const taken = createMailbox<number>().take(stop.signal);
  stop.abort(new Error('enough'));
  await expect(taken).rejects.toThrow('enough');
});

it('mailbox: gives out nothing once its signal is aborted', async () => {
  const stop = new AbortController();
  const mailbox = createMailbox<number>();
  mailbox.put(1);
  stop.abort(new Error('enough'));
  await expect(mailbox.take(stop.signal)).rejects.toThrow('enough');
});

it('P7: mailbox: holds no item that was taken', async () => {
  const mailbox = createMailbox<object>();
  const left = await leftAfter(100, async (keep) => {
    const waiting = mailbox.take(signal);
    mailbox.put(keep({}));
    await waiting;
  });
  expect(left).toBeLessThan(3);
});
