import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/sync/decide.js';
import { decideByRecord } from '../../src/sync/decide-by-record.js';
import { digestsOf, isHashedInParts } from '../../src/sync/digests.js';
import { known, policy, property, recordedMd5, remote } from './decide-world.js';

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
        world.file.content.md5 === recordedMd5(world.known)
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
      const { known: record, remote: there } = world;
      // A record that has only the digest of part digests is compared with an MD5 when the ETag is another one.
      const isCompared =
        !isHashedInParts(record) ||
        (typeof there === 'object' &&
          there.etag !== undefined &&
          there.etag !== (record.etag ?? there.etag));
      const lost =
        world.remote === 'absent' ||
        world.remote.size !== world.known.size ||
        (isCompared &&
          world.remote.md5 !== undefined &&
          world.remote.md5 !== recordedMd5(world.known));
      if (lost) expect(['upload', 'adopt']).toContain(decision.action);
    },
  );

  property(
    'P6: sends nothing when file, record and object have one content, whatever the ETag and the stat',
    (world, decision) => {
      const { file: here, known: record, object, remote: there } = world;
      if (!here || record?.state !== 'confirmed' || !object || there === 'unknown') return;
      if (here.content.md5 !== recordedMd5(record) || object.md5 !== recordedMd5(record)) return;
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
        object?.md5 === recordedMd5(record);
      const isOld = (record?.metadataEpoch ?? 0) !== rules.metadataEpoch;
      if (decision.action === 'renew-metadata') expect([settled, isOld]).toEqual([true, true]);
      if (settled && isOld && here.content.md5 === recordedMd5(record))
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
        const { kind, size, mtimeNs, ctimeNs, inode, mode, uid, gid } = record;
        const entry = { path: 'x', kind, size, mtimeNs, ctimeNs, inode, mode, uid, gid };
        expect(decision).toEqual(decide({ entry, ...digestsOf(record) }, settled, remote, policy));
        decided += 1;
      },
    ),
  );
  expect(decided).toBeGreaterThan(0);
});
