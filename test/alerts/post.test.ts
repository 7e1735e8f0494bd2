import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPoster, type Poster } from '../../src/alerts/post.js';
import { startReceiver } from './receiver.js';

const never = new AbortController().signal;
let poster: Poster;
beforeEach(() => {
  poster = createPoster({});
});
afterEach(() => poster.close());

const send = (url: string, body?: unknown) =>
  poster.post({ method: 'POST', url: new URL(url), headers: { 'x-a': 'b' }, body }, never);

describe('post', () => {
  test('sends JSON, and the login of the URL as basic authentication', async () => {
    const receiver = await startReceiver();
    await send(`${receiver.url.replace('//', '//ann:p%40ss@')}/hook?a=1`, { title: 'ü' });
    expect(receiver.received).toMatchObject([
      {
        method: 'POST',
        path: '/hook?a=1',
        headers: {
          'x-a': 'b',
          'content-type': 'application/json',
          authorization: `Basic ${Buffer.from('ann:p@ss').toString('base64')}`,
        },
        body: '{"title":"ü"}',
      },
    ]);
  });

  test('takes any 2xx for success, whatever the body says and however long it is', async () => {
    const receiver = await startReceiver();
    for (const status of [200, 202, 204]) {
      receiver.answer(status, {}, status === 204 ? '' : `{"error":"no"}${'x'.repeat(1_000_000)}`);
      await expect(send(receiver.url)).resolves.toBeUndefined();
    }
  });

  test('follows no redirect: what would go along is a secret', async () => {
    const [receiver, other] = [await startReceiver(), await startReceiver()];
    for (const status of [301, 302, 307, 308]) {
      receiver.answer(status, { location: `${other.url}/stolen` });
      await expect(send(`${receiver.url}/x`, {})).rejects.toThrow(`answered ${status} (a redirect`);
    }
    expect(other.received).toEqual([]);
  });

  test('names the host in an error, and no other part of the URL', async () => {
    const receiver = await startReceiver();
    receiver.answer(404, {}, 'SECRET-ANSWER');
    const nowhere = 'http://127.0.0.1:1';
    for (const base of [receiver.url, nowhere]) {
      const error = await send(
        `${base.replace('//', '//user:SECRET-LOGIN@')}/SECRET-PATH?q=SECRET`,
      ).then(
        () => new Error('it was taken'),
        (reason: Error) => reason,
      );
      expect(error.name).toBe('DeliveryError');
      expect(error.message).toContain('127.0.0.1');
      expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toContain('SECRET');
    }
  });
});
