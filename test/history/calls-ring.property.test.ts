import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_CALLS, shownCalls, withCalls } from '../../src/history/calls-ring.js';
import { EMPTY_TARGET, historyText, parseHistory } from '../../src/history/history-file.js';
import { StateDamagedError } from '../../src/state/errors.js';
import { sealJson } from '../../src/state/sealed-json.js';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 9, 31, 20);
const monthOf = (ms: number) => new Date(ms).toISOString().slice(0, 7);

const counts = (requests: number, error?: string) => ({
  requests: { put: requests },
  errors: error === undefined ? {} : { [error]: 1 },
  sentBytes: 10,
  receivedBytes: 1,
});

describe('the ring of calls', () => {
  it('counts the requests of a month, and begins again with the next', () => {
    let ring = withCalls(EMPTY_CALLS, START, monthOf(START), counts(3));
    ring = withCalls(ring, START + HOUR, monthOf(START), counts(4));
    expect(shownCalls(ring, START + HOUR, '2026-10').month).toEqual({
      month: '2026-10',
      requests: { put: 7 },
      sentBytes: 20,
      receivedBytes: 2,
    });
    expect(shownCalls(ring, START + 4 * HOUR, '2026-11').month).toMatchObject({
      month: '2026-11',
      requests: {},
      sentBytes: 0,
    });
    ring = withCalls(ring, START + 4 * HOUR, '2026-11', counts(1));
    expect(ring).toMatchObject({ month: '2026-11', requests: { put: 1 } });
  });

  it('has the errors of 24 hours, also over the end of a month, and none that are older', () => {
    let ring = withCalls(EMPTY_CALLS, START, '2026-10', counts(1, 'ThrottledError'));
    ring = withCalls(ring, START + 5 * HOUR, '2026-11', counts(1, 'TimeoutError'));
    const errors = (hours: number) => shownCalls(ring, START + hours * HOUR, '2026-11').errors24h;
    expect(errors(5)).toEqual({ ThrottledError: 1, TimeoutError: 1 });
    expect(errors(24)).toEqual({ TimeoutError: 1 });
    expect(errors(29)).toEqual({});
  });

  it('P7: stays bounded, never goes back in time, and survives its file, whatever comes', () => {
    const step = fc.record({
      move: fc.integer({ min: -3 * HOUR, max: 40 * HOUR }),
      error: fc.string({ minLength: 1, maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        let ring = EMPTY_CALLS;
        let at = START;
        for (const { move, error } of steps) {
          at = Math.max(0, at + move);
          ring = withCalls(ring, at, monthOf(at), counts(1, error));
        }
        const hours = ring.hours.map(({ hour }) => hour);
        expect(hours.length).toBeLessThanOrEqual(24);
        expect(hours).toEqual([...new Set(hours)].toSorted((a, b) => a - b));
        for (const { errors } of ring.hours)
          expect(Object.keys(errors).length).toBeLessThanOrEqual(41);
        const targets = new Map([['vault', { ...EMPTY_TARGET, calls: ring }]]);
        const text = historyText({ mirrors: new Map(), targets });
        expect(parseHistory(text, 'history.json').targets.get('vault')?.calls).toEqual(ring);
      }),
    );
  });

  it('is empty in a file of an older version, and refused where it is none', () => {
    const target = { name: 'vault', lastMinute: 1, bytes: '1', throttled: '0' };
    const fileOf = (more: object) =>
      sealJson({ version: 1, mirrors: [], targets: [{ ...target, ...more }] });
    expect(parseHistory(fileOf({}), 'f').targets.get('vault')?.calls).toEqual(EMPTY_CALLS);
    for (const calls of [
      'all',
      { ...EMPTY_CALLS, month: 'soon' },
      { ...EMPTY_CALLS, requests: { put: -1 } },
      { ...EMPTY_CALLS, hours: Array.from({ length: 25 }, () => ({ hour: 1, errors: {} })) },
    ])
      expect(() => parseHistory(fileOf({ calls }), 'f')).toThrow(StateDamagedError);
  });
});
