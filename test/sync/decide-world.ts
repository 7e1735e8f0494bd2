import fc from 'fast-check';
import { test } from 'vitest';
import type { ObjectRecord } from '../../src/state/object-index.js';
import {
  type Decision,
  decide,
  type LocalFact,
  type Policy,
  type Remote,
  type RemoteFact,
} from '../../src/sync/decide.js';

// A small world of contents and stats, so that equal and unequal ones both come up often.
export const CONTENTS = [
  { size: 3, md5: 'a'.repeat(32) },
  { size: 3, md5: 'b'.repeat(32) },
  { size: 4, md5: 'c'.repeat(32) },
] as const;
export type Content = (typeof CONTENTS)[number];

/** Bytes; of records that were hashed in parts. */
const PART_SIZE = 2;

/** What stands for the digest of a content's part digests. */
function hexInParts({ md5 }: Content): string {
  return md5.replaceAll(/./g, (digit) => (Number.parseInt(digit, 16) - 9).toString());
}

/** The MD5 of the content that a record is of, whichever digest it has. */
export function recordedMd5({ md5, md5Parts }: ObjectRecord): string {
  return md5 || (CONTENTS.find((each) => hexInParts(each) === md5Parts)?.md5 ?? 'none');
}

export const content = fc.constantFrom(...CONTENTS);
export const stamp = fc.record({
  mtimeNs: fc.constantFrom(1_000_000_000_001n, 2_000_000_000_001n),
  ctimeNs: fc.constantFrom(1_000_000_000_001n, 2_000_000_000_001n),
  inode: fc.constantFrom(1n, 2n),
  mode: fc.constantFrom(0o644, 0o600),
  uid: fc.constantFrom(0, 1),
  gid: fc.constantFrom(0, 1),
});

export interface Truth {
  /** What the file holds, whether or not anybody has read it. */
  readonly file: { readonly content: Content; readonly fact: LocalFact } | undefined;
  readonly known: ObjectRecord | undefined;
  /** What the container holds, whether or not anybody has asked. */
  readonly object: Content | undefined;
  readonly remote: Remote;
  readonly policy: Policy;
}

export const file = fc
  .record({ content, stamp, read: fc.boolean() })
  .map(({ content: of, stamp: at, read }) => ({
    content: of,
    fact: {
      entry: { path: 'x', kind: 'file' as const, size: of.size, ...at },
      ...(read ? { md5: of.md5 } : {}),
    },
  }));

export const known = fc
  .record({
    content,
    stamp,
    state: fc.constantFrom('confirmed' as const, 'sending' as const),
    digest: fc.constantFrom('md5', 'md5-parts', 'both'),
    hashedAtMs: fc.constantFrom(1_000, 2_000, 10_000),
    etag: fc.constantFrom(undefined, 'e1'),
    metadataEpoch: fc.constantFrom(undefined, 1),
  })
  .map(({ content: of, stamp: at, state, digest, hashedAtMs, etag, metadataEpoch }) => ({
    state,
    kind: 'file' as const,
    ...of,
    ...(state === 'confirmed' &&
      digest !== 'md5' && {
        md5: digest === 'both' ? of.md5 : '',
        md5Parts: hexInParts(of),
        partSize: PART_SIZE,
      }),
    ...at,
    hashedAtMs,
    ...(etag ? { etag } : {}),
    ...(metadataEpoch ? { metadataEpoch } : {}),
  }));

export const policy: fc.Arbitrary<Policy> = fc.record({
  overwrite: fc.constantFrom('always', 'never'),
  extraneous: fc.constantFrom('keep', 'report', 'delete'),
  deletes: fc.constantFrom('mirror', 'trash', 'keep'),
  metadata: fc.record({ mtime: fc.boolean(), mode: fc.boolean(), owner: fc.boolean() }),
  metadataEpoch: fc.constantFrom(0, 1),
});

export const remote = fc
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

export const truth: fc.Arbitrary<Truth> = fc
  .tuple(fc.option(file, { nil: undefined }), fc.option(known, { nil: undefined }), remote, policy)
  .map(([theFile, theRecord, theRemote, thePolicy]) => ({
    file: theFile,
    known: theRecord,
    ...theRemote,
    policy: thePolicy,
  }));

/** Gives decide each fact it asks for, as sync does, and returns the decision it ends with. */
export function decideToTheEnd({
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
      const { partSize } = decision;
      if (!theFile || (local?.md5 !== undefined && (partSize === undefined || local.md5Parts)))
        throw new Error('asked for a digest that is there already, or that cannot be');
      const { content: of } = theFile;
      const md5Parts = partSize && { partSize, hex: hexInParts(of) };
      local = { ...theFile.fact, md5: of.md5, ...(md5Parts && { md5Parts }) };
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

export function property(title: string, check: (world: Truth, decision: Decision) => void): void {
  test(title, () => {
    fc.assert(
      fc.property(truth, (world) => check(world, decideToTheEnd(world))),
      { numRuns: 5_000 },
    );
  });
}
