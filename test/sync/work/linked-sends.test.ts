import { expect, test } from 'vitest';
import { createLinkedSends } from '../../../src/sync/work/linked-sends.js';

test('linked sends: a file is sent under one name at a time, and under another once that has ended, failed or not', async () => {
  const { alone } = createLinkedSends();
  let end = (_: string) => {};
  let fail = (_: Error) => {};
  const first = alone(7n, 'a', () => new Promise<string>((resolve) => (end = resolve)));
  const never = () => Promise.reject(new Error('it was sent twice'));
  expect(await alone(7n, 'b', never)).toEqual({ sentAs: 'a' });
  expect(await alone(8n, 'c', async () => 'other')).toEqual({ sent: 'other' });
  end('sent');
  expect(await first).toEqual({ sent: 'sent' });
  const second = alone(7n, 'b', () => new Promise<string>((_, reject) => (fail = reject)));
  expect(await alone(7n, 'a', never)).toEqual({ sentAs: 'b' });
  fail(new Error('refused'));
  await expect(second).rejects.toThrow('refused');
  expect(await alone(7n, 'a', async () => 'sent')).toEqual({ sent: 'sent' });
});
