import { expect, test } from 'vitest';
import { type HttpAnswer, HttpError } from '../../../src/drivers/http/exchange.js';
import { client, get, say, serve } from './http-fixture.js';

type End = { readonly answer: HttpAnswer } | { readonly error: unknown };

/** Begins requests, named by numbers, and resolves with their ends. */
async function rig(http = client(), signal = new AbortController().signal) {
  const ends = new Map<number, End>();
  const waiting = new Map<number, (end: End) => void>();
  const end = (name: number, how: End) => {
    expect(ends.has(name), 'an end that was reported before').toBe(false);
    ends.set(name, how);
    waiting.get(name)?.(how);
  };
  const requests = await http.openRequests<number>(
    {
      answered: (name, answer) => end(name, { answer }),
      failed: (name, error) => end(name, { error }),
    },
    signal,
  );
  const put = (origin: string, name: number) => {
    const ended = new Promise<End>((resolve) => waiting.set(name, resolve));
    requests.begin(get(origin, { method: 'PUT', body: Buffer.from(`body ${name}`) }), name);
    return ended;
  };
  return { put, ends, requests };
}

test('HTTP client: begins many requests and reports the answer to each', async () => {
  const origin = await serve((request, response) => {
    request.pipe(response.writeHead(201, { 'x-twice': ['a', 'b'] }));
  });
  const { put, requests } = await rig(client({ timeoutMs: 30_000 }));
  const all = await Promise.all(Array.from({ length: 100 }, (_, name) => put(origin, name)));
  requests.close();
  for (const [name, end] of all.entries()) {
    const { status, headers, body } = (end as { answer: HttpAnswer }).answer;
    expect([status, headers['x-twice'], body.toString()]).toEqual([201, 'a, b', `body ${name}`]);
  }
});

test('HTTP client: an abort ends all requests with its reason, each once', async () => {
  const stop = new AbortController();
  const origin = await serve(() => {});
  const { put, requests, ends } = await rig(client({ connections: 2 }), stop.signal);
  const all = Array.from({ length: 5 }, (_, name) => put(origin, name));
  await new Promise(setImmediate);
  const error = new Error('enough');
  stop.abort(error);
  expect(await Promise.all(all)).toEqual(all.map(() => ({ error })));
  expect(await put(origin, 5)).toEqual({ error });
  requests.close();
  expect(ends.size).toBe(6);
});

test('HTTP client: a connection that breaks, and an answer that is too long, fail their request alone', async () => {
  const broken = await say('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort');
  const long = await serve((_, response) => response.end('x'.repeat(100)));
  const http = client({ maxAnswerBytes: 50, timeoutMs: 300 });
  const { put } = await rig(http);
  for (const origin of [broken, long, 'http://127.0.0.1:1']) {
    const end = await put(origin, ['', broken, long].indexOf(origin) + 1);
    expect((end as { error: unknown }).error).toBeInstanceOf(HttpError);
  }
});

test('HTTP client: begins no requests once it is closed', async () => {
  const http = client();
  await http.close();
  await expect(rig(http)).rejects.toBeInstanceOf(HttpError);
});
