import { expect, test } from 'vitest';
import { attributesOfObject, malformedAttributes } from '../../src/restore/attributes.js';

const STORED = 1_700_000_000_250;

test.each([
  [
    'rclone -M and longshore',
    { mtime: '1600000000.123456789', mode: '104755', uid: '7', gid: '8' },
    { mtimeNs: 1_600_000_000_123_456_789n, mode: 0o4755, uid: 7, gid: 8 },
  ],
  [
    's3cmd',
    {
      's3cmd-attrs':
        'atime:1/ctime:2/gid:8/gname:x/md5:0/mode:33188/mtime:1600000000/uid:7/uname:y',
    },
    { mtimeNs: 1_600_000_000_000_000_000n, mode: 0o644, uid: 7, gid: 8 },
  ],
  [
    'aws, which stores none: the time of the object',
    {},
    { mtimeNs: 1_700_000_000_250_000_000n, mode: undefined, uid: undefined, gid: undefined },
  ],
  [
    'wrong values, which are not applied',
    { mtime: 'yesterday', mode: '0x1ff', uid: '-1', gid: '4294967295' },
    { mtimeNs: 1_700_000_000_250_000_000n, mode: undefined, uid: undefined, gid: undefined },
  ],
  [
    'a file that is older than the epoch',
    { mtime: '-1.5' },
    { mtimeNs: -1_500_000_000n, mode: undefined, uid: undefined, gid: undefined },
  ],
])('attributes in the metadata of %s', (_, metaData, attributes) => {
  const found = attributesOfObject({ metaData, extra: { lastModified: STORED } });
  expect(found).toEqual({ ...attributes, extended: {} });
});

test('metadata of no known form are named', () => {
  expect(malformedAttributes({ metaData: { mtime: 'x', mode: '644', uid: '1e3' } })).toEqual([
    'mtime',
    'uid',
  ]);
});

test.each(['NaN', '1e300', 'Infinity', '9999999999999999999', '-9999999999999', '', '1,5', '0x10'])(
  'a time that is %j is not applied, and named: that of the object counts',
  (mtime) => {
    const metaData = { mtime, mode: '99999999', uid: '1e300', gid: 'NaN' };
    expect(attributesOfObject({ metaData, extra: { lastModified: STORED } })).toEqual({
      mtimeNs: 1_700_000_000_250_000_000n,
      mode: undefined,
      uid: undefined,
      gid: undefined,
      extended: {},
    });
    expect(malformedAttributes({ metaData })).toEqual(['mtime', 'mode', 'uid', 'gid']);
  },
);
