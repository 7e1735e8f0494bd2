import { expect, test } from 'vitest';
import type { Logger } from '../../src/log.js';
import { QueueAwayError } from '../../src/scale/dispatcher.js';
import { createLink } from '../../src/scale/queue-link.js';
import { fakeClock } from '../fakes/clock.js';

function openLink() {
  const clock = fakeClock();
  const events: string[] = [];
  const log = {
    info: (event: string) => events.push(event),
    warn: (event: string) => events.push(event),
    error: (event: string) => events.push(event),
  } as unknown as Logger;
  return { clock, events, link: createLink(clock, log) };
}

const AWAY = 'queue away, the daemon works alone';
const unanswered = () => new QueueAwayError('Redis does not answer');

test('queue link: does not report Redis as away while the first connection is being made', async () => {
  const { clock, events, link } = openLink();
  link.down(unanswered());
  await clock.advance(4_000);
  link.down(unanswered());
  expect(link.isUp()).toBe(false);
  link.up();
  expect(events).toEqual(['queue up']);
  link.down(unanswered());
  expect(events).toEqual(['queue up', AWAY]);
});

test('queue link: reports a Redis that has not answered for 5 s, once', async () => {
  const { clock, events, link } = openLink();
  link.down(unanswered());
  await clock.advance(5_000);
  link.down(unanswered());
  link.down(unanswered());
  expect(events).toEqual([AWAY]);
});

test('queue link: reports at once that the first connection was refused', () => {
  const { events, link } = openLink();
  link.down(new Error('connect ECONNREFUSED 127.0.0.1:6379'));
  expect(events).toEqual([AWAY]);
});
