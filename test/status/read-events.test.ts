import { expect, test } from 'vitest';
import type { StreamAnswer } from '../../src/status/api.js';
import { createEventRing } from '../../src/status/event-ring.js';
import { eventsAnswer, FARTHEST_BEHIND } from '../../src/status/read-events.js';
import { fakeClock } from '../fakes/clock.js';

function opened(after?: string, format: 'event-stream' | 'lines' = 'lines') {
  const clock = fakeClock();
  const ring = createEventRing('b', 4);
  const stop = new AbortController();
  const open = (): StreamAnswer =>
    eventsAnswer({ ring, clock, after, format, signal: stop.signal });
  return { clock, ring, stop, open };
}

async function next(reader: AsyncIterator<string | Uint8Array>): Promise<string> {
  const { value } = await reader.next();
  return String(value);
}

test('events: a reader gets what it has missed, and then what happens', async () => {
  const { ring, stop, open } = opened('b-1');
  for (const data of [1, 2, 3]) ring.publish('mirror', data);
  const reader = open().chunks[Symbol.asyncIterator]();
  expect(await next(reader)).toBe('');
  expect(await next(reader)).toBe('{"id":"b-2","event":"mirror","data":2}\n');
  expect(await next(reader)).toBe('{"id":"b-3","event":"mirror","data":3}\n');
  const later = next(reader);
  ring.publish('held', { mirror: 'a' });
  expect(await later).toBe('{"id":"b-4","event":"held","data":{"mirror":"a"}}\n');
  const end = reader.next();
  stop.abort();
  expect((await end).done).toBe(true);
  expect(ring.listeners).toBe(0);
});

test('events: a reader whose event is not kept any more gets one reset first', async () => {
  const { ring, open } = opened('b-1', 'event-stream');
  for (const data of [1, 2, 3, 4, 5, 6]) ring.publish('mirror', data);
  const reader = open().chunks[Symbol.asyncIterator]();
  expect(await next(reader)).toBe('retry: 2000\n\n');
  expect(await next(reader)).toBe('id: b-6\nevent: reset\ndata: {"eventId":"b-6"}\n\n');
  ring.publish('mirror', 7);
  expect(await next(reader)).toBe('id: b-7\nevent: mirror\ndata: 7\n\n');
});

test('events: a comment comes after ten seconds of silence', async () => {
  const { clock, open } = opened(undefined, 'event-stream');
  const reader = open().chunks[Symbol.asyncIterator]();
  await next(reader);
  const comment = next(reader);
  await clock.advance(10_000);
  expect(await comment).toBe(': still here\n\n');
});

test('events: a reader that is too far behind is cut off, and one that only reads what it missed is not', async () => {
  const { ring, open } = opened('b-0');
  const long = 'x'.repeat(FARTHEST_BEHIND / 4);
  for (let at = 0; at < 4; at += 1) ring.publish('mirror', long);
  const answer = open();
  const reader = answer.chunks[Symbol.asyncIterator]();
  await next(reader);
  await next(reader);
  expect(answer.cutOff?.aborted).toBe(false);
  for (let at = 0; at < 4; at += 1) ring.publish('mirror', long);
  expect(answer.cutOff?.aborted).toBe(true);
});
