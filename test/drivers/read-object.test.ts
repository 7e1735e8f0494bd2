import { expect, test } from 'vitest';
import type { HttpStream } from '../../src/drivers/http/exchange.js';
import { contentIn } from '../../src/drivers/http/read-object.js';
import { readAll } from './conformance/fixture.js';

/** An answer that never comes to an end, and how much of it was taken. */
function endless(status: number, headers: HttpStream['headers'] = {}) {
  const seen = { taken: 0, left: false };
  async function* body() {
    try {
      for (;;) {
        seen.taken += 1;
        yield Buffer.from('x');
      }
    } finally {
      seen.left = true;
    }
  }
  return { answer: { status, headers, body: body() }, seen };
}

test('a provider that answers with the whole object instead of a range is refused, and the object is not downloaded for it', async () => {
  const { answer, seen } = endless(200);
  await expect(contentIn(answer, { key: 'large', range: 'bytes=5-9', driver: 's3' })).rejects.toThrow(
    'read "large": the provider ignored the range bytes=5-9',
  );
  expect(seen).toEqual({ taken: 1, left: true });
});

test('a range that begins behind the end has no bytes, whatever the answer says of it', async () => {
  const { answer, seen } = endless(416);
  expect(await readAll(await contentIn(answer, { key: 'short', range: 'bytes=5-9', driver: 's3' }))).toHaveLength(0);
  expect(seen.left).toBe(true);
});
