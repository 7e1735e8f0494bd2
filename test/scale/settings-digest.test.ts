import { expect, test } from 'vitest';
import type { MirrorConfig, TargetConfig } from '../../src/config/config.js';
import { Secret } from '../../src/config/secret.js';
import { differingGroups, settingsDigest } from '../../src/scale/settings-digest.js';
import { mirrorOf, targetOf } from '../reload/configurations.js';

const secret = (literal: string) => new Secret({ literal }, { folder: '/', env: {} });
const settings = { profile: 'aws', region: 'eu', key: secret('a'), timeout: 1, ca_file: '/a' };
const target = targetOf({ driver: 's3', settings });

function differing(
  mirror: Partial<MirrorConfig>,
  changed: Partial<TargetConfig> = {},
): readonly string[] {
  const was = settingsDigest(mirrorOf(), target);
  return differingGroups(was, settingsDigest(mirrorOf(mirror), { ...target, ...changed }));
}

test.each([
  [{ container: 'other' }, {}, 'container and prefix'],
  [{ prefix: 'p/' }, {}, 'container and prefix'],
  [{ metadata: ['mtime'] }, {}, 'symlinks, folders, hardlinks and metadata'],
  [{ symlinks: 'preserve' }, {}, 'symlinks, folders, hardlinks and metadata'],
  [{ headers: [{ cache_control: 'no-cache' }] }, {}, 'headers of the mirror and the target'],
  [{}, { settings: { ...settings, region: 'us' } }, 'driver and settings of the target'],
  [{}, { driver: 'swift' }, 'driver and settings of the target'],
  [{}, { settings: { ...settings, headers: [{}] } }, 'headers of the mirror and the target'],
  [{}, { multipartThreshold: 1 }, 'multipart_threshold and part_size'],
] as [Partial<MirrorConfig>, Partial<TargetConfig>, string][])(
  'another %o, %o is in another digest, whose group says where',
  (mirror, changed, group) => {
    expect(differing(mirror, changed)).toEqual([group]);
  },
);

test.each([
  [{ source: '/mnt/elsewhere', settleMs: 1, exclude: ['*.tmp'], deletes: 'trash' }, {}],
  [{}, { settings: { ...settings, timeout: 2, ca_file: '/b', key: secret('b') } }],
  [{}, { settings: { region: 'eu', ca_file: '/a', timeout: 1, key: secret('a'), profile: 'aws' } }],
  [{}, { concurrency: 3, requestRate: 5, name: 'other' }],
] as [Partial<MirrorConfig>, Partial<TargetConfig>][])(
  '%o, %o changes nothing of what is stored',
  (mirror, changed) => {
    expect(differing(mirror, changed)).toEqual([]);
  },
);

test('no secret can be found out from a digest', () => {
  const digests = settingsDigest(mirrorOf(), target);
  const other = settingsDigest(mirrorOf(), {
    ...target,
    settings: { ...settings, key: secret('b') },
  });
  expect(other).toEqual(digests);
  for (const digest of Object.values(digests)) expect(digest).toMatch(/^[\da-f]{16}$/);
});

test('a group that only one of two has differs', () => {
  expect(differingGroups({ a: '1' }, {})).toEqual(['a']);
  expect(differingGroups({}, { b: '1' })).toEqual(['b']);
});
