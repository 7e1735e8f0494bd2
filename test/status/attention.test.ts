import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AttentionFacts, attentionOf } from '../../src/status/attention.js';
import type { MirrorRow } from '../../src/status/schema-status.js';

function row(different: Partial<MirrorRow> = {}): MirrorRow {
  return {
    mirror: 'documents',
    target: 'vault',
    state: 'in-sync',
    why: '',
    sinceMs: 1_000,
    currentToMs: 5_000,
    lagSeconds: 0,
    lagTargetSeconds: 900,
    objects: 12,
    bytes: null,
    queued: 0,
    queuedBytes: 0,
    emptyAtMs: null,
    held: 0,
    quarantined: 0,
    pausedUntilMs: null,
    readBackShare: null,
    lastReconcile: null,
    ...different,
  };
}

function facts(
  different: Partial<AttentionFacts> = {},
  ofRow: Partial<MirrorRow> = {},
): AttentionFacts {
  return {
    row: row(ofRow),
    state: 'in-sync',
    heldSinceMs: null,
    heldWhy: '',
    degradedFolders: 0,
    quarantinedSinceMs: null,
    excludedJump: undefined,
    ...different,
  };
}

const held = facts({ heldSinceMs: 7, heldWhy: 'too many' }, { held: 3 });
const down = facts({ state: 'target-down' }, { mirror: 'photos', why: '503' });
const missing = facts({ state: 'source-missing' }, { mirror: 'music', why: 'not mounted' });
const leased = facts({ state: 'target-held' }, { mirror: 'studio' });
const broken = facts({ state: 'state-unavailable' }, { mirror: 'mail' });
const paused = facts({ state: 'paused' }, { mirror: 'games', pausedUntilMs: 9 });
const behind = facts({}, { mirror: 'films', lagSeconds: 901 });
const degraded = facts({ degradedFolders: 1 }, { mirror: 'books' });
const failing = facts({ quarantinedSinceMs: 3 }, { mirror: 'notes', quarantined: 2 });
const excluded = facts({ excludedJump: { more: 120, sinceMs: 5 } }, { mirror: 'sources' });
const RANKED = [held, down, missing, leased, broken, paused, behind, degraded, excluded, failing];
const KINDS = [
  'held',
  'target-down',
  'source',
  'lease',
  'state',
  'paused',
  'behind',
  'watch',
  'excluded',
  'quarantined',
];

test('attention: mirrors that are well have none', () => {
  expect(
    attentionOf([facts(), facts({}, { lagSeconds: 900 }), facts({}, { lagSeconds: null })]),
  ).toEqual([]);
});

test('attention: what waits for a person comes first, whatever the order of the mirrors', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([...RANKED], { minLength: RANKED.length }), (mirrors) => {
      const found = attentionOf(mirrors);
      expect(found.map(({ kind }) => kind)).toEqual(KINDS);
      expect(found.map(({ needsYou }) => needsYou)).toEqual(KINDS.map((_, at) => at < 5));
    }),
  );
});

test('attention: of one kind, what has lasted longest comes first', () => {
  const since = (mirror: string, sinceMs: number) =>
    facts({ state: 'target-down' }, { mirror, sinceMs });
  const found = attentionOf([since('a', 30), since('b', 10), since('c', 20)]);
  expect(found.map(({ mirror }) => mirror)).toEqual(['b', 'c', 'a']);
});

test('attention: names its mirror, its target and its reason', () => {
  expect(attentionOf([held, down])).toMatchObject([
    {
      kind: 'held',
      mirror: 'documents',
      target: null,
      text: '3 deletes and overwrites wait for a decision: too many',
      sinceMs: 7,
    },
    { kind: 'target-down', mirror: 'photos', target: 'vault', text: '503', sinceMs: 1_000 },
  ]);
});

test('attention: a configuration file that is not the one that is loaded goes on by itself, at the end', () => {
  const found = attentionOf([failing], { sinceMs: 11, valid: true });
  expect(found.map(({ kind }) => kind)).toEqual(['quarantined', 'configuration']);
  expect(found[1]).toMatchObject({ mirror: null, needsYou: false, sinceMs: 11 });
  expect(attentionOf([], { sinceMs: 1, valid: false })[0]?.text).toContain('longshore check');
});

test('attention: a receiver that did not take the last message goes on by itself, after all else', () => {
  const receiver = (name: string, ok: boolean | null) => ({
    name,
    kind: 'webhook',
    on: 'held: at once',
    to: 'example.test',
    canTest: true,
    lastMs: ok === null ? null : 12,
    ok,
    detail: ok === false ? '503' : '',
  });
  const receivers = [receiver('a', true), receiver('b', false), receiver('c', null)];
  const found = attentionOf([failing], { sinceMs: 11, valid: true }, receivers);
  expect(found.map(({ kind }) => kind)).toEqual(['quarantined', 'configuration', 'notification']);
  expect(found[2]).toMatchObject({
    mirror: null,
    needsYou: false,
    text: 'b did not take the last message: 503',
    sinceMs: 12,
  });
});
