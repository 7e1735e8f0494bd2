import { expect, it } from 'vitest';
import { createMailbox } from '../../../src/sync/scan/mailbox.js';
import { leftAfter } from '../../garbage.js';

const { signal } = new AbortController();

it('mailbox: a waiting reader rejects with the reason of its signal', async () => {
  const stop = new AbortController();
  const taken = createMailbox<number>().take(stop.signal);
  stop.abort(new Error('enough'));
  await expect(taken).rejects.toThrow('enough');
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
