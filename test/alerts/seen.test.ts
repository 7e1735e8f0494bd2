import { describe, expect, test } from 'vitest';
import { seeMirror, seenStatusOf } from '../../src/alerts/seen.js';
import type { Alarm } from '../../src/config/notify.js';
import type { MirrorStatus } from '../../src/sync/events.js';
import { mirrorStatus } from '../status/statuses.js';

const ALARMS: readonly Alarm[] = ['behind', 'held', 'failing', 'damaged', 'target-down'];

const see = (status: Partial<MirrorStatus>, alarms = ALARMS) => {
  const { kind, condition } = seeMirror(seenStatusOf(mirrorStatus(status)), alarms);
  return `${kind} ${condition}`;
};

describe('how a channel sees a mirror', () => {
  test('in sync is well, work is busy, and a state of its list is wrong', () => {
    expect(see({ state: 'in-sync' })).toBe('well in-sync');
    expect(see({ state: 'transferring' })).toBe('busy transferring');
    expect(see({ state: 'target-down' })).toBe('wrong target-down');
  });

  test('a state that is not in its list is well', () => {
    expect(see({ state: 'degraded' })).toBe('well degraded');
    expect(see({ state: 'target-down' }, ['held'])).toBe('well target-down');
  });

  test('work hides neither held changes nor objects that fail or are damaged', () => {
    const quarantined = [
      { name: 'a', reason: 'busy', error: 'it changes', attempts: 9, sinceMs: 0, nextTryMs: null },
    ];
    expect(see({ state: 'transferring', heldSinceMs: 1 })).toBe('wrong held');
    expect(see({ state: 'scanning', quarantined })).toBe('wrong failing');
    const verify = {
      withinSeconds: 1,
      bytesPerSecond: null,
      proofs: null,
      damaged: [],
      damagedObjects: 1,
      unreadable: 0,
      neededBytesPerSecond: null,
    };
    expect(see({ state: 'in-sync', verify })).toBe('wrong damaged');
  });

  test('work within max_lag is well', () => {
    expect(see({ state: 'transferring', maxLagSeconds: 60, lagSeconds: 3 })).toBe(
      'well transferring',
    );
    expect(see({ state: 'paused', maxLagSeconds: 60, lagSeconds: 3 })).toBe('busy paused');
    expect(see({ state: 'transferring', maxLagSeconds: 60, lagSeconds: null })).toBe(
      'busy transferring',
    );
  });
});
