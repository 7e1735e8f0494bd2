import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patched, ticked } from '../../src/page/patch.js';
import { retryWait } from '../../src/page/retry-wait.js';
import { createSseParser } from '../../src/page/sse.js';
import { mirrorRow, modelOf, NOW, statusOf } from './models.js';

const STREAM = [
  'retry: 2000\n\n',
  ': still here\n\n',
  'id: b-1\nevent: mirror\ndata: {"mirror":"a","lagSeconds":4345}\n\n',
  'id: b-2\nevent: change\ndata: {"name":"x\\ny"}\n\n',
].join('');

describe('the reader of the stream of events', () => {
  it('finds the same events wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: STREAM.length }), { maxLength: 12 }), (cuts) => {
        const parser = createSseParser();
        const at = [0, ...cuts.toSorted((a, b) => a - b), STREAM.length];
        const events = at.flatMap((from, index) => parser.push(STREAM.slice(from, at[index + 1])));
        expect(events).toEqual([
          { id: 'b-1', event: 'mirror', data: { mirror: 'a', lagSeconds: 4345 } },
          { id: 'b-2', event: 'change', data: { name: 'x\ny' } },
        ]);
        expect(parser.lastId).toBe('b-2');
      }),
    );
  });

  it('refuses an event without an end', () => {
    const parser = createSseParser();
    expect(() => parser.push('x'.repeat(5 * 1024 * 1024))).toThrow(RangeError);
  });
});

describe('an event', () => {
  const model = modelOf(statusOf([mirrorRow('a'), mirrorRow('b')]), { changes: [] });
  const change = {
    id: 'c1',
    atMs: NOW,
    job: 'upload_object',
    outcome: 'done',
    mirror: 'a',
    name: 'x',
    bytes: 1,
    seconds: 1,
  };

  it.each([
    ['mirror', { mirror: 'a', lagSeconds: 9, currentToMs: NOW - 9_000, held: 3 }],
    ['change', change],
    ['attention', { attention: [] }],
    ['pause', { target: 'offsite', pausedUntilMs: NOW + 1 }],
    ['a later version', { mirror: 'a' }],
  ])('of the kind %s changes nothing more when it comes twice', (event, data) => {
    const once = patched(model, { id: '1', event, data });
    expect(patched(once, { id: '1', event, data })).toEqual(once);
  });

  it('of a mirror moves the recovery point of all', () => {
    const data = { mirror: 'b', currentToMs: NOW - 60_000 };
    expect(patched(model, { id: '1', event: 'mirror', data }).status.currentToMs).toBe(
      NOW - 60_000,
    );
    const unknown = { mirror: 'b', currentToMs: null };
    expect(patched(model, { id: '1', event: 'mirror', data: unknown }).status.currentToMs).toBe(
      null,
    );
  });

  it('of a mirror that is not shown changes nothing', () => {
    const data = { mirror: 'z', currentToMs: 1 };
    expect(patched(model, { id: '1', event: 'mirror', data }).status.mirrors).toEqual(
      model.status.mirrors,
    );
  });
});

describe('a page on which nothing happens', () => {
  it('claims no later moment than the one at which the daemon was heard', () => {
    const model = modelOf(statusOf([mirrorRow('a', { lagSeconds: 0, currentToMs: NOW })]));
    const later = ticked(model, NOW + 60_000, NOW + 9_000);
    expect(later.nowMs).toBe(NOW + 60_000);
    expect(later.status.currentToMs).toBe(NOW + 9_000);
  });

  it('lets a lag grow, and its curve with it', () => {
    const lags = { a: { stepSeconds: 600, fromMs: NOW - 600_000, max: [3, 5] } };
    const row = mirrorRow('a', { lagSeconds: 10, currentToMs: NOW - 10_000 });
    const later = ticked(modelOf(statusOf([row]), { lags }), NOW + 700_000, NOW + 700_000);
    expect(later.status.mirrors[0]?.lagSeconds).toBe(710);
    expect(later.lags['a']).toEqual({ stepSeconds: 600, fromMs: NOW, max: [5, 710] });
  });
});

describe('the wait before the next try', () => {
  it('doubles from a second to half a minute, with jitter', () => {
    const waits = [0, 1, 2, 3, 4, 5, 6, 1_000].map((failures) => retryWait(failures, () => 0));
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
    expect(retryWait(0, () => 0.999)).toBeGreaterThan(0.8);
  });
});
