import { describe, expect, test } from 'vitest';
import type { Ledger, LedgerDocument, Quarantined } from '../../../src/state/ledger.js';
import { openQuarantine } from '../../../src/sync/work/quarantine.js';
import { fakeClock } from '../../fakes/clock.js';

const FAILED: Quarantined = {
  reason: 'hash-mismatch',
  error: 'has hash 1, expected 2',
  attempts: 5,
  sinceMs: 7,
  nextTryMs: 9,
  version: 'v',
};

function open(quarantined: LedgerDocument['quarantined'] = {}) {
  let document: LedgerDocument = {
    version: 1,
    mirror: 'm',
    reconciled: true,
    unfinishedUploads: {},
    quarantined,
  };
  const writes: string[][] = [];
  let failing = false;
  const ledger: Ledger = {
    read: () => document,
    async update(change) {
      if (failing) throw new Error('disk full');
      document = change(document);
      writes.push(Object.keys(document.quarantined));
    },
    close: async () => undefined,
  };
  const warnings: string[] = [];
  const log = { warn: (what: string) => void warnings.push(what) } as never;
  const clock = fakeClock();
  const fail = (now: boolean) => {
    failing = now;
  };
  return { quarantine: openQuarantine(ledger, clock, log), ledger, clock, writes, warnings, fail };
}

describe('P8: quarantine: an object', () => {
  test('is still quarantined after a restart', async () => {
    const { quarantine, ledger } = open();
    quarantine.set('a', FAILED);
    await quarantine.flush();
    const again = open(ledger.read().quarantined).quarantine;
    expect(again.get('a')).toEqual(FAILED);
    expect([...again.all.keys()]).toEqual(['a']);
    expect(again.get('b')).toBeUndefined();
  });

  test('is in the ledger within a second, in one write with others, and not written again unchanged', async () => {
    const { quarantine, clock, writes } = open();
    quarantine.set('a', FAILED);
    await clock.advance(500);
    quarantine.set('b', FAILED);
    quarantine.set('never was', undefined);
    expect(writes).toEqual([]);
    await clock.advance(500);
    expect(writes).toEqual([['a', 'b']]);
    await clock.advance(60_000);
    await quarantine.flush();
    quarantine.set('a', undefined);
    await clock.advance(1_000);
    expect(writes).toEqual([['a', 'b'], ['b']]);
    expect(quarantine.get('a')).toBeUndefined();
  });

  test('is in the next write after a write that failed, which is logged', async () => {
    const { quarantine, clock, writes, warnings, fail } = open();
    fail(true);
    quarantine.set('a', FAILED);
    await clock.advance(1_000);
    await quarantine.flush();
    expect(warnings).toHaveLength(1);
    fail(false);
    quarantine.set('b', FAILED);
    await quarantine.flush();
    expect(writes).toEqual([['a', 'b']]);
  });

  test('P7: is not remembered beyond 1,000 others, and its error is cut at 500 characters', () => {
    const { quarantine } = open();
    for (let at = 0; at < 1_000; at += 1) {
      expect(quarantine.fits(`f${at}`)).toBe(true);
      quarantine.set(`f${at}`, FAILED);
    }
    expect(quarantine.fits('one more')).toBe(false);
    quarantine.set('one more', FAILED);
    expect(quarantine.get('one more')).toBeUndefined();
    expect(quarantine.fits('f0')).toBe(true);
    quarantine.set('f0', { ...FAILED, error: 'x'.repeat(10_000) });
    expect(quarantine.get('f0')?.error).toHaveLength(500);
    quarantine.set('f1', undefined);
    expect(quarantine.fits('one more')).toBe(true);
  });
});
