import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ObjectRecord } from '../../src/state/object-index.js';
import {
  type Decision,
  decide,
  decideByRecord,
  type LocalFact,
  type Policy,
  type Remote,
  type RemoteFact,
} from '../../src/sync/decide.js';

// A small world of contents and stats, so that equal and unequal ones both come up often.
const CONTENTS = [
  { size: 3, md5: 'a'.repeat(32) },
  { size: 3, md5: 'b'.repeat(32) },
  { size: 4, md5: 'c'.repeat(32) },
] as const;
type Content = (typeof CONTENTS)[number];

const content = fc.constantFrom(...CONTENTS);
const stamp = fc.record({
  mtimeNs: fc.constantFrom(1_000_000_000_001n, 2_000_000_000_001n),
  ctimeNs: fc.constantFrom(1_000_000_000_001n, 2_000_000_000_001n),
  inode: fc.constantFrom(1n, 2n),
  mode: fc.constantFrom(0o644, 0o600),
  uid: fc.constantFrom(0, 1),
  gid: fc.constantFrom(0, 1),
});

interface Truth {
  /** What the file holds, whether or not anybody has read it. */
  readonly file: { readonly content: Content; readonly fact: LocalFact } | undefined;
  readonly known: ObjectRecord | undefined;
  /** What the container holds, whether or not anybody has asked. */
  readonly object: Content | undefined;
  readonly remote: Remote;
  readonly policy: Policy;
}

const file = fc
  .record({ content, stamp, read: fc.boolean() })
  .map(({ content: of, stamp: at, read }) => ({
    content: of,
    fact: {
      entry: { path: 'x', kind: 'file' as const, size: of.size, ...at },
      ...(read ? { md5: of.md5 } : {}),
    },
  }));

const known = fc
  .record({
    content,
    stamp,
    state: fc.constantFrom('confirmed' as const, 'sending' as const),
    hashedAtMs: fc.constantFrom(1_000, 2_000, 10_000),
    etag: fc.constantFrom(undefined, 'e1'),
    metadataEpoch: fc.constantFrom(undefined, 1),
  })
  .map(({ content: of, stamp: at, state, hashedAtMs, etag, metadataEpoch }) => ({
    state,
    kind: 'file' as const,
    ...of,
    ...at,
    hashedAtMs,
    ...(etag ? { etag } : {}),
    ...(metadataEpoch ? { metadataEpoch } : {}),
  }));

const policy: fc.Arbitrary<Policy> = fc.record({
  overwrite: fc.constantFrom('always', 'never'),
  extraneous: fc.constantFrom('keep', 'report', 'delete'),
  deletes: fc.constantFrom('mirror', 'trash', 'keep'),
  metadata: fc.record({ mtime: fc.boolean(), mode: fc.boolean(), owner: fc.boolean() }),
  metadataEpoch: fc.constantFrom(0, 1),
});

const remote = fc
  .record({
    object: fc.option(content, { nil: undefined }),
    asked: fc.boolean(),
    reportsMd5: fc.boolean(),
    inspected: fc.boolean(),
    etag: fc.constantFrom(undefined, 'e1', 'e2'),
    mtimeNs: fc.constantFrom(undefined, 1_000_000_000_001n, 2_000_000_000_001n),
  })
  .map(
    ({
      object,
      asked,
      reportsMd5,
      inspected,
      etag,
      mtimeNs,
    }): { object: Content | undefined; remote: Remote } => {
      if (!asked) return { object, remote: 'unknown' };
      if (!object) return { object, remote: 'absent' };
      const fact: RemoteFact = {
        size: object.size,
        inspected,
        ...(reportsMd5 ? { md5: object.md5 } : {}),
        ...(etag ? { etag } : {}),
        ...(mtimeNs ? { mtimeNs } : {}),
      };
      return { object, remote: fact };
    },
  );

const truth: fc.Arbitrary<Truth> = fc
  .tuple(fc.option(file, { nil: undefined }), fc.option(known, { nil: undefined }), remote, policy)
  .map(([theFile, theRecord, theRemote, thePolicy]) => ({
    file: theFile,
    known: theRecord,
    ...theRemote,
    policy: thePolicy,
  }));

/** Gives decide each fact it asks for, as sync does, and returns the decision it ends with. */
function decideToTheEnd({
  file: theFile,
  known: record,
  remote: asked,
  policy: rules,
  object,
}: Truth): Decision {
  let local = theFile?.fact;
  let fact = asked;
  for (let questions = 0; questions < 4; questions += 1) {
    const decision = decide(local, record, fact, rules);
    if (decision.action !== 'learn') return decision;
    if (decision.what === 'local-md5') {
      if (!theFile || local?.md5 !== undefined)
        throw new Error('asked for a digest that is there already, or that cannot be');
      local = { ...theFile.fact, md5: theFile.content.md5 };
    } else if (decision.what === 'remote') {
      if (fact !== 'unknown') throw new Error('asked what is there, although that was known');
      fact = object ? { size: object.size, inspected: false } : 'absent';
    } else {
      if (typeof fact !== 'object' || fact.inspected || !object)
        throw new Error('asked about an object that was already inspected');
      fact = { ...fact, md5: object.md5, inspected: true };
    }
  }
  throw new Error('decide keeps asking');
}

function property(title: string, check: (world: Truth, decision: Decision) => void): void {
  test(title, () => {
    fc.assert(
      fc.property(truth, (world) => check(world, decideToTheEnd(world))),
      { numRuns: 5_000 },
    );
  });
}

describe('decide, over its whole table', () => {
  property('asks for at most three facts, each once, and then decides', (_world, decision) => {
    expect(decision.action).not.toBe('learn');
  });

  property(
    'P4: deletes only what is not there locally, and only if it is ours or the mirror says so',
    (world, decision) => {
      if (decision.action !== 'delete') return;
      expect(world.file).toBeUndefined();
      if (decision.why === 'gone') {
        expect(world.known).toBeDefined();
        expect(world.policy.deletes).not.toBe('keep');
      } else {
        expect(world.known).toBeUndefined();
        expect(world.policy.extraneous).toBe('delete');
      }
    },
  );

  property('P6: adopts an object only when its content is that of the file', (world, decision) => {
    if (decision.action === 'adopt') expect(world.object?.md5).toBe(world.file?.content.md5);
  });

  property('P6: never sends bytes to a container that reports to have them', (world, decision) => {
    if (decision.action !== 'upload' || typeof world.remote !== 'object') return;
    if (world.remote.md5 !== undefined) expect(world.remote.md5).not.toBe(world.file?.content.md5);
  });

  property(
    'P1: a file that was read and differs from what was sent last is sent, adopted or reported',
    (world, decision) => {
      if (
        !world.file ||
        world.known?.state !== 'confirmed' ||
        world.file.content.md5 === world.known.md5
      )
        return;
      if (world.file.fact.md5 === undefined && decision.action === 'nothing') return; // it was not read, its stat is the recorded one
      if (world.file.fact.md5 !== undefined && decision.action === 'nothing') {
        // The stat is the recorded one and the record is not racy: a changed content would have moved the ctime.
        expect(world.file.fact.entry.ctimeNs).toBe(world.known.ctimeNs);
        return;
      }
      expect(['upload', 'adopt']).toContain(decision.action);
    },
  );

  property('overwrite: never replaces no object of another program', (world, decision) => {
    if (world.policy.overwrite !== 'never' || world.known || decision.action !== 'upload') return;
    expect(world.object).toBeUndefined();
  });

  property(
    'overwrite: never replaces only the object of the interrupted upload, or its predecessor, after a crash',
    (world, decision) => {
      if (
        world.policy.overwrite !== 'never' ||
        world.known?.state !== 'sending' ||
        decision.action !== 'upload'
      )
        return;
      const { known: mark, object, remote: listener } = world;
      const fact = typeof listener === 'object' ? listener : undefined;
      const itsEtag = mark.etag !== undefined && fact?.etag === mark.etag;
      const itsTime =
        object?.size === mark.size && fact?.md5 === undefined && fact?.mtimeNs === mark.mtimeNs;
      expect(object === undefined || object.md5 === mark.md5 || itsEtag || itsTime).toBe(true);
    },
  );

  property(
    'repairs drift: sends a confirmed object again that the listing does not have, or has with other content',
    (world, decision) => {
      if (!world.file || world.known?.state !== 'confirmed' || world.remote === 'unknown') return;
      const lost =
        world.remote === 'absent' ||
        world.remote.size !== world.known.size ||
        (world.remote.md5 !== undefined && world.remote.md5 !== world.known.md5);
      if (lost) expect(['upload', 'adopt']).toContain(decision.action);
    },
  );

  property(
    'P6: sends nothing when file, record and object have one content, whatever the ETag and the stat',
    (world, decision) => {
      const { file: here, known: record, object, remote: there } = world;
      if (!here || record?.state !== 'confirmed' || !object || there === 'unknown') return;
      if (here.content.md5 !== record.md5 || object.md5 !== record.md5) return;
      if (typeof there === 'object' && there.inspected && there.md5 === undefined) return; // its content is not known
      expect(decision.action).not.toBe('upload');
    },
  );

  property(
    'forgets a record without file and object, and does nothing without any of the three',
    (world, decision) => {
      if (world.file || world.remote !== 'absent') return;
      expect(decision.action).toBe(world.known ? 'forget' : 'nothing');
    },
  );

  property(
    'P5: sends an upload again that was never confirmed, or finds it arrived',
    (world, decision) => {
      if (!world.file || world.known?.state !== 'sending') return;
      const refusable = world.policy.overwrite === 'never' ? ['report'] : [];
      expect(['upload', 'adopt', ...refusable]).toContain(decision.action);
    },
  );

  property(
    'renews metadata of other settings in a reconcile, and in no scan',
    (world, decision) => {
      const { file: here, known: record, remote: there, policy: rules, object } = world;
      const settled =
        here !== undefined &&
        record?.state === 'confirmed' &&
        typeof there === 'object' &&
        object?.md5 === record.md5;
      const isOld = (record?.metadataEpoch ?? 0) !== rules.metadataEpoch;
      if (decision.action === 'renew-metadata') expect([settled, isOld]).toEqual([true, true]);
      if (settled && isOld && here.content.md5 === record.md5)
        expect(decision).not.toEqual({ action: 'nothing' });
    },
  );

  property('updates metadata only when the settings want it and it differs', (world, decision) => {
    if (decision.action !== 'refresh' || !decision.metadata || !world.file || !world.known) return;
    const { metadata } = world.policy;
    const { entry } = world.file.fact;
    const byOtherSettings =
      typeof world.remote === 'object' &&
      (world.known.metadataEpoch ?? 0) !== world.policy.metadataEpoch;
    expect(
      byOtherSettings ||
        (metadata.mtime && entry.mtimeNs !== world.known.mtimeNs) ||
        (metadata.mode && entry.mode !== world.known.mode) ||
        (metadata.owner && (entry.uid !== world.known.uid || entry.gid !== world.known.gid)),
    ).toBe(true);
  });
});

describe('decide, row by row', () => {
  const entry = {
    path: 'x',
    kind: 'file' as const,
    size: 3,
    mtimeNs: 1n,
    ctimeNs: 1n,
    inode: 1n,
    mode: 0o644,
    uid: 0,
    gid: 0,
  };
  const md5 = 'a'.repeat(32);
  const record: ObjectRecord = { state: 'confirmed', md5, hashedAtMs: 10_000, ...entry };
  const rules: Policy = {
    overwrite: 'always',
    extraneous: 'keep',
    deletes: 'mirror',
    metadata: { mtime: true, mode: true, owner: false },
  };
  const same: RemoteFact = { size: 3, md5, inspected: false };
  const other: RemoteFact = { size: 3, md5: 'b'.repeat(32), inspected: false };

  test.each<[string, LocalFact | undefined, ObjectRecord | undefined, Remote, Decision]>([
    ['present, none, unknown', { entry }, undefined, 'unknown', { action: 'upload', why: 'new' }],
    ['present, none, absent', { entry }, undefined, 'absent', { action: 'upload', why: 'new' }],
    ['present and hashed, none, same', { entry, md5 }, undefined, same, { action: 'adopt' }],
    [
      'present, none, same size: the digest decides',
      { entry },
      undefined,
      same,
      { action: 'learn', what: 'local-md5' },
    ],
    [
      'present, none, same size, no digest reported',
      { entry },
      undefined,
      { size: 3, inspected: false },
      { action: 'learn', what: 'remote-md5' },
    ],
    [
      'present, none, digest never reported',
      { entry, md5 },
      undefined,
      { size: 3, inspected: true },
      { action: 'upload', why: 'other-content' },
    ],
    [
      'present, none, other',
      { entry, md5 },
      undefined,
      other,
      { action: 'upload', why: 'other-content' },
    ],
    [
      'present, none, other size',
      { entry },
      undefined,
      { ...other, size: 9 },
      { action: 'upload', why: 'other-content' },
    ],
    ['same stat, present, unknown', { entry }, record, 'unknown', { action: 'nothing' }],
    ['same stat, present, same', { entry }, record, same, { action: 'nothing' }],
    [
      'same stat, metadata of other settings, unknown',
      { entry },
      { ...record, metadataEpoch: 1 },
      'unknown',
      { action: 'nothing' },
    ],
    [
      'same stat, metadata of other settings, same',
      { entry },
      { ...record, metadataEpoch: 1 },
      same,
      { action: 'renew-metadata' },
    ],
    ['same stat, present, absent', { entry }, record, 'absent', { action: 'upload', why: 'drift' }],
    ['same stat, present, different', { entry }, record, other, { action: 'upload', why: 'drift' }],
    [
      'same stat, no digest reported, same etag',
      { entry },
      { ...record, etag: 'e1' },
      { size: 3, etag: 'e1', inspected: false },
      { action: 'nothing' },
    ],
    [
      'same stat, no digest reported, other etag',
      { entry },
      { ...record, etag: 'e1' },
      { size: 3, etag: 'e2', inspected: false },
      { action: 'learn', what: 'remote-md5' },
    ],
    [
      'same stat, no digest and no etag reported',
      { entry },
      { ...record, etag: 'e1' },
      { size: 3, inspected: false },
      { action: 'nothing' },
    ],
    [
      'same stat, no etag known',
      { entry },
      record,
      { size: 3, etag: 'e2', inspected: false },
      { action: 'nothing' },
    ],
    [
      'same stat, same digest under another etag',
      { entry },
      { ...record, etag: 'e1' },
      { ...same, etag: 'e2' },
      { action: 'nothing' },
    ],
    [
      'same stat but racy',
      { entry },
      { ...record, hashedAtMs: 0 },
      'unknown',
      { action: 'learn', what: 'local-md5' },
    ],
    [
      'other stat, not yet hashed',
      { entry: { ...entry, mtimeNs: 2n } },
      record,
      'unknown',
      { action: 'learn', what: 'local-md5' },
    ],
    [
      'other stat, same digest',
      { entry: { ...entry, mtimeNs: 2n }, md5 },
      record,
      'unknown',
      { action: 'refresh', metadata: true },
    ],
    [
      'other inode, same digest and metadata',
      { entry: { ...entry, inode: 2n }, md5 },
      record,
      'unknown',
      { action: 'refresh', metadata: false },
    ],
    [
      'other stat, other digest',
      { entry: { ...entry, mtimeNs: 2n }, md5: other.md5 ?? '' },
      record,
      'unknown',
      { action: 'upload', why: 'changed' },
    ],
    [
      'other size',
      { entry: { ...entry, size: 9 } },
      record,
      'unknown',
      { action: 'upload', why: 'changed' },
    ],
    ['absent, present, unknown', undefined, record, 'unknown', { action: 'delete', why: 'gone' }],
    ['absent, present, absent', undefined, record, 'absent', { action: 'forget' }],
    [
      'absent, sending, unknown',
      undefined,
      { ...record, state: 'sending' },
      'unknown',
      { action: 'delete', why: 'gone' },
    ],
    ['absent, none, present', undefined, undefined, same, { action: 'nothing' }],
    ['absent, none, absent', undefined, undefined, 'absent', { action: 'nothing' }],
  ])('%s', (_row, local, knownRecord, remoteFact, expected) => {
    expect(decide(local, knownRecord, remoteFact, rules)).toEqual(expected);
  });

  test.each<[string, Partial<typeof entry>, boolean]>([
    ['user', { uid: 1 }, true],
    ['group', { gid: 1 }, true],
    ['inode', { inode: 2n }, false],
  ])(
    'a file of another %s has other metadata, where owners are kept: %s',
    (_what, change, metadata) => {
      const keepOwners: Policy = { ...rules, metadata: { mtime: false, mode: false, owner: true } };
      const changed = { ...entry, ctimeNs: 2n, ...change };
      expect(decide({ entry: changed, md5 }, record, 'unknown', keepOwners)).toEqual({
        action: 'refresh',
        metadata,
      });
      expect(decide({ entry: changed, md5 }, record, 'unknown', rules)).toEqual({
        action: 'refresh',
        metadata: false,
      });
    },
  );

  test('absent, none, present: as the mirror says', () => {
    expect(decide(undefined, undefined, same, { ...rules, extraneous: 'report' })).toEqual({
      action: 'report',
      what: 'extraneous',
    });
    expect(decide(undefined, undefined, same, { ...rules, extraneous: 'delete' })).toEqual({
      action: 'delete',
      why: 'extraneous',
    });
  });

  test('deletes: keep leaves the object and its record', () => {
    expect(decide(undefined, record, 'unknown', { ...rules, deletes: 'keep' })).toEqual({
      action: 'nothing',
    });
  });

  test('overwrite: never asks for the object before it sends, where no listing has shown it', () => {
    const careful: Policy = { ...rules, overwrite: 'never' };
    const mark: ObjectRecord = { ...record, state: 'sending' };
    expect(decide({ entry }, undefined, 'unknown', careful)).toEqual({
      action: 'learn',
      what: 'remote',
    });
    expect(decide({ entry }, mark, 'unknown', careful)).toEqual({
      action: 'learn',
      what: 'remote',
    });
    expect(decide({ entry, md5: other.md5 ?? '' }, mark, same, careful)).toEqual({
      action: 'upload',
      why: 'unconfirmed',
    });
    expect(decide({ entry, md5 }, mark, { ...other, inspected: true }, careful)).toEqual({
      action: 'report',
      what: 'overwrite-refused',
    });
  });

  test('overwrite: never reports an object of another program with other content', () => {
    expect(decide({ entry, md5 }, undefined, other, { ...rules, overwrite: 'never' })).toEqual({
      action: 'report',
      what: 'overwrite-refused',
    });
  });
});

test('P4: decide without the source: takes the file for the one that was sent, and deletes and forgets nothing', () => {
  const guarded = fc.constantFrom(undefined, 'delete-held' as const, 'rejected' as const);
  let decided = 0;
  fc.assert(
    fc.property(
      fc.option(known, { nil: undefined }),
      guarded,
      remote,
      policy,
      (record, verdict, { remote }, policy) => {
        const marked = record && { ...record, ...(verdict && { guarded: verdict }) };
        const decision = decideByRecord(marked, remote, policy);
        expect(['delete', 'forget', 'release']).not.toContain(decision.action);
        if (record === undefined) return;
        const settled = { ...record, hashedAtMs: 10_000_000 }; // long after the file's last change
        const { kind, size, mtimeNs, ctimeNs, inode, mode, uid, gid, md5 } = record;
        const entry = { path: 'x', kind, size, mtimeNs, ctimeNs, inode, mode, uid, gid };
        expect(decision).toEqual(decide({ entry, md5 }, settled, remote, policy));
        decided += 1;
      },
    ),
  );
  expect(decided).toBeGreaterThan(0);
});
