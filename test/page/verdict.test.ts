import { describe, expect, it } from 'vitest';
import { shownOf, worstFirst } from '../../src/page/states.js';
import { titleOf, verdictOf } from '../../src/page/verdict.js';
import { held, mirrorRow, NOW, statusOf, ZONE } from './models.js';

const fresh = { nowMs: NOW, zone: ZONE, staleSinceMs: null };
const studio = mirrorRow('studio', {
  state: 'behind',
  lagSeconds: 4_346,
  currentToMs: NOW - 4_346_000,
  queued: 4_218,
});
const photos = mirrorRow('photos', { held: 1_321 });

describe('the headline of the status page', () => {
  it('is the recovery point of the mirror that is furthest behind', () => {
    const { claim, need, sub } = verdictOf(
      statusOf([studio, photos, mirrorRow('documents')], [held('photos')]),
      fresh,
    );
    expect(claim).toBe('Everything up to 12:50:07 is in the containers.');
    expect(need).toBe('One of three mirrors needs you.');
    expect(sub).toBe(
      'studio is furthest behind, by 1 h 12 min. photos and documents are current to 14:02:31. 4,218 changes wait to be sent. 1,321 are held for a person’s decision.',
    );
  });

  it('says that nothing needs the reader when nothing does', () => {
    const { claim, need, shown } = verdictOf(statusOf([mirrorRow('a'), mirrorRow('b')]), fresh);
    expect(claim).toBe('Everything up to 14:02:31 is in the containers.');
    expect(need).toBe('Nothing needs you.');
    expect(shown.icon).toBe('ok');
  });

  it('counts a mirror once, whatever it needs, and the mirrors of a target that needs something', () => {
    const down = { kind: 'target-down', target: 'offsite', needsYou: true, text: '', sinceMs: NOW };
    const two = statusOf([mirrorRow('a'), mirrorRow('b')], [held('a'), held('a')]);
    expect(verdictOf(two, fresh).need).toBe('One of two mirrors needs you.');
    const target = statusOf([mirrorRow('a'), mirrorRow('b')], [{ ...down, mirror: null }]);
    expect(verdictOf(target, fresh).need).toBe('Two of two mirrors need you.');
    expect(verdictOf(statusOf([mirrorRow('a')], [held('a')]), fresh).need).toBe('It needs you.');
  });

  it('claims nothing while a mirror compares', () => {
    const unknown = { currentToMs: null, lagSeconds: null };
    const starting = statusOf([mirrorRow('a', unknown), mirrorRow('b')]);
    expect(verdictOf(starting, fresh).claim).toBe(
      'longshore is comparing a: not all of what is in the containers is known yet.',
    );
    const all = statusOf([mirrorRow('a', unknown)]);
    expect(verdictOf(all, fresh).claim).toBe(
      'longshore is comparing: what is in the container is not known yet.',
    );
  });

  it('is in the past tense, and asks for nothing, when longshore does not answer', () => {
    const status = statusOf([studio], [held('studio')]);
    const { claim, need, command } = verdictOf(status, { ...fresh, staleSinceMs: NOW });
    expect(claim).toBe('At 14:02:33, everything up to 12:50:07 was in the container.');
    expect(need).toBe('');
    expect(command).toBe('systemctl status longshore');
  });

  it('says how to begin when there is no mirror', () => {
    const { claim, command } = verdictOf(statusOf([]), fresh);
    expect(claim).toBe('longshore mirrors nothing yet.');
    expect(command).toBe('longshore check');
  });
});

describe('the title of the browser tab', () => {
  it('begins with what matters', () => {
    expect(titleOf(statusOf([photos], [held('photos')]), false)).toBe(
      '▲ 1 needs you · longshore on nas-01',
    );
    expect(titleOf(statusOf([mirrorRow('a')]), false)).toMatch(/^✓ /);
    expect(titleOf(statusOf([mirrorRow('a')]), true)).toMatch(/^\? No answer/);
  });
});

describe('the order of mirrors', () => {
  it('has the worst first, then goes by name', () => {
    const down = mirrorRow('mail', { state: 'target-down' });
    const rows = [mirrorRow('b'), mirrorRow('a'), studio, photos, down];
    expect(worstFirst(rows).map(({ mirror }) => mirror)).toEqual([
      'photos',
      'mail',
      'studio',
      'a',
      'b',
    ]);
  });

  it('shows held deletes and a lag above its target above what a mirror does just now', () => {
    expect(shownOf(mirrorRow('a', { state: 'transferring', held: 1 })).word).toBe('Deletes held');
    expect(shownOf(mirrorRow('a', { state: 'transferring', lagSeconds: 901 })).word).toBe('Behind');
    expect(shownOf(mirrorRow('a', { state: 'scanning', lagSeconds: null })).word).toBe('Starting');
    expect(shownOf(mirrorRow('a', { state: 'source-missing', held: 1 })).word).toBe(
      'Source missing',
    );
  });

  it('shows a state that this version does not know under its own name', () => {
    expect(shownOf(mirrorRow('a', { state: 'levitating' as 'in-sync' })).word).toBe('levitating');
  });
});
