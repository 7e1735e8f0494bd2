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

test('range: the whole object as an answer is refused, and not downloaded', async () => {
  const { answer, seen } = endless(200);
  await expect(
    contentIn(answer, { key: 'large', range: 'bytes=5-9', driver: 's3' }),
  ).rejects.toThrow('read "large": the provider ignored the range bytes=5-9');
  expect(seen).toEqual({ taken: 1, left: true });
});

test('range: has no bytes when it begins behind the end, whatever the answer says', async () => {
  const { answer, seen } = endless(416);
  expect(
    await readAll(await contentIn(answer, { key: 'short', range: 'bytes=5-9', driver: 's3' })),
  ).toHaveLength(0);
  expect(seen.left).toBe(true);
});

test.each([
  [undefined, 'bytes 0-9/10', true],
  [undefined, 'bytes 0-4/10', false],
  [undefined, undefined, false],
  ['bytes=5-9', 'bytes 5-9/20', true],
  ['bytes=5-9', 'bytes 5-7/8', true],
  ['bytes=5-', 'bytes 5-7/8', true],
  ['bytes=5-', 'bytes 5-6/8', false],
  ['bytes=5-9', 'bytes 5-8/20', false],
  ['bytes=5-9', 'bytes 0-4/20', false],
  ['bytes=5-9', 'bytes 5-9/*', true],
  ['bytes=5-9', undefined, false],
])('range: %s answered as the part "%s" is believed: %s', async (range, given, believed) => {
  async function* body() {
    yield Buffer.from('part');
  }
  const answer = { status: 206, headers: { 'content-range': given }, body: body() };
  const reading = contentIn(answer, { key: 'k', range, driver: 's3' }).then(readAll);
  if (believed) expect((await reading).toString()).toBe('part');
  else await expect(reading).rejects.toThrow('read "k": the provider answered with');
});
