import { expect, test } from 'vitest';
import type { ObjectRecord } from '../../../src/state/object-index.js';
import type { Policy } from '../../../src/sync/decide.js';
import type { BatchedFile } from '../../../src/sync/upload-batch.js';
import { orderOf } from '../../../src/sync/work/batch-orders.js';
import { recordOf } from '../../../src/sync/work/record-of.js';

const policy: Policy = {
  overwrite: 'always',
  extraneous: 'keep',
  deletes: 'mirror',
  metadata: { mtime: true, mode: true, owner: false },
};
const entry = {
  ...{ path: 'a', kind: 'file' as const, size: 1, mtimeNs: 2n, ctimeNs: 2n, inode: 1n },
  ...{ mode: 0o644, uid: 0, gid: 0 },
};
const md5 = '0'.repeat(32);
const etag = '"1"';
const recorded = (
  state: ObjectRecord['state'],
  content: { readonly etag?: string } = { etag },
): ObjectRecord =>
  recordOf({ ...entry, mtimeNs: 1n }, { md5, looks: 'ordinary', ...content }, 0, state);

const rows: readonly [
  string,
  Pick<BatchedFile, 'why' | 'listed'>,
  ObjectRecord | undefined,
  unknown,
][] = [
  ['new, by an event', { why: 'new', listed: 'unknown' }, undefined, 'absent'],
  ['new, and listed as absent', { why: 'new', listed: 'absent' }, undefined, 'absent'],
  ['new, in the place of an object', { why: 'new', listed: 'present' }, undefined, 'anywhere'],
  ['changed', { why: 'changed', listed: 'unknown' }, recorded('confirmed'), { ifMatch: etag }],
  [
    'changed, and listed',
    { why: 'changed', listed: 'present' },
    recorded('confirmed'),
    { ifMatch: etag },
  ],
  [
    'changed, its object lost',
    { why: 'changed', listed: 'absent' },
    recorded('confirmed'),
    'absent',
  ],
  [
    'changed, without an ETag',
    { why: 'changed', listed: 'unknown' },
    recorded('confirmed', {}),
    'anywhere',
  ],
  ['touched', { why: 'touched', listed: 'unknown' }, recorded('confirmed'), { ifMatch: etag }],
  [
    'unconfirmed, and not there',
    { why: 'unconfirmed', listed: 'absent' },
    recorded('sending'),
    'absent',
  ],
  [
    'the source of another object',
    { why: 'drift', listed: 'present' },
    recorded('confirmed'),
    'anywhere',
  ],
  [
    'the source of a lost object',
    { why: 'drift', listed: 'absent' },
    recorded('confirmed'),
    'absent',
  ],
];

test.each(rows)(
  'the order of a file that is %s says what is believed to be there',
  (_, found, known, where) => {
    expect(orderOf({ entry, ...found }, known, policy)?.where).toEqual(where);
  },
);
