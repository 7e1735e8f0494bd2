import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Config, MirrorConfig } from '../../src/config/config.js';
import { Secret } from '../../src/config/secret.js';
import { MIRROR_RULES } from '../../src/reload/mirror-rules.js';
import { isUnchanged, planReload } from '../../src/reload/plan.js';
import { anyConfig, configOf, mirrorOf, placeOf, targetOf } from './configurations.js';

const plan = (before: Config, after: Config) => planReload(before, after, placeOf);
const targetIn = ({ targets }: Config, name: string) => targets.find((each) => each.name === name);

test('a configuration and its copy differ in nothing', () => {
  fc.assert(
    fc.property(anyConfig, (config) => {
      const found = plan(config, structuredClone(config));
      expect(isUnchanged(found)).toBe(true);
      expect(found.risks).toEqual([]);
      expect(found.mirrors.kept).toEqual(config.mirrors.map(({ name }) => name));
    }),
  );
});

test('each mirror is kept, added, removed or changed, and only one of these', () => {
  fc.assert(
    fc.property(anyConfig, anyConfig, (before, after) => {
      const { kept, added, removed, changed } = plan(before, after).mirrors;
      const all = [...kept, ...added, ...removed, ...changed.map(({ mirror }) => mirror)];
      const names = new Set([...before.mirrors, ...after.mirrors].map(({ name }) => name));
      expect(all.toSorted()).toEqual([...names].sort());
    }),
  );
});

test('a kept mirror has the same settings before and after, and so has its target but for its rates', () => {
  fc.assert(
    fc.property(anyConfig, anyConfig, (before, after) => {
      for (const name of plan(before, after).mirrors.kept) {
        const [was, now] = [before, after].map(({ mirrors }) =>
          mirrors.find((mirror) => mirror.name === name),
        );
        expect(was).toEqual(now);
        const of = (config: Config) => ({
          ...targetIn(config, now?.target ?? ''),
          requestRate: undefined,
        });
        expect(of(before)).toEqual(of(after));
      }
    }),
  );
});

test('a mirror keeps its state only at the same place in the same format, and its lease only on an open target', () => {
  fc.assert(
    fc.property(anyConfig, anyConfig, (before, after) => {
      const { mirrors, targets } = plan(before, after);
      for (const { mirror, keepsState, keepsLease } of mirrors.changed) {
        const [was, now] = [before, after].map((config) => {
          const found = config.mirrors.find(({ name }) => name === mirror) ?? mirrorOf();
          const target = targetIn(config, found.target) ?? targetOf();
          return { place: placeOf(found, target), index: found.index, target: found.target };
        });
        expect(keepsState).toBe(was?.place === now?.place && was?.index === now?.index);
        if (!keepsLease) continue;
        expect(keepsState).toBe(true);
        expect(was?.target).toBe(now?.target);
        expect(targets.reopened).not.toContain(now?.target);
      }
    }),
  );
});

test('what is done to the targets leaves exactly those open that a mirror names', () => {
  fc.assert(
    fc.property(anyConfig, anyConfig, (before, after) => {
      const { targets } = plan(before, after);
      const used = ({ mirrors }: Config) => new Set(mirrors.map(({ target }) => target));
      const left = [...used(before)].filter((name) => !targets.closed.includes(name));
      expect([...left, ...targets.opened].toSorted()).toEqual([...used(after)].sort());
      for (const name of [...targets.reopened, ...targets.limited])
        expect(used(before).has(name) && used(after).has(name)).toBe(true);
    }),
  );
});

test('every removed mirror, and every one with another place, is a risk', () => {
  fc.assert(
    fc.property(anyConfig, anyConfig, (before, after) => {
      const { risks, mirrors } = plan(before, after);
      const of = (kind: string) => risks.filter((risk) => risk.kind === kind).map((r) => r.mirror);
      expect(of('removed')).toEqual(mirrors.removed);
      const moved = after.mirrors.filter((now) => {
        const was = before.mirrors.find(({ name }) => name === now.name);
        const place = (config: Config, mirror: MirrorConfig) =>
          placeOf(mirror, targetIn(config, mirror.target) ?? targetOf());
        return was !== undefined && place(before, was) !== place(after, now);
      });
      expect(of('place')).toEqual(moved.map(({ name }) => name));
    }),
  );
});

const OTHERS: Readonly<Record<keyof typeof MIRROR_RULES, Partial<MirrorConfig>>> = {
  source: { source: '/elsewhere' },
  createSource: { createSource: true },
  target: { target: 'offsite' },
  workers: { workers: true },
  container: { container: 'other' },
  prefix: { prefix: 'p/' },
  exclude: { exclude: ['*.tmp'] },
  include: { include: ['*.txt'] },
  watch: { watch: 'scan' },
  chokidarLimit: { chokidarLimit: 5 },
  settleMs: { settleMs: 5 },
  settleLimitMs: { settleLimitMs: 5_000 },
  rescanMs: { rescanMs: 0 },
  reconcileMs: { reconcileMs: 0 },
  maxLagMs: { maxLagMs: 5_000 },
  heartbeat: {
    heartbeat: {
      url: new Secret({ literal: 'https://example.org' }, { folder: '/', env: {} }),
      every: 1,
      form: 'plain',
    } as unknown as NonNullable<MirrorConfig['heartbeat']>,
  },
  verify: {
    verify: { withinMs: 1, bytesPerSecond: 1, by: 'daemon', heal: true, keepDamaged: false },
  },
  leaseMs: { leaseMs: 0 },
  deletes: { deletes: 'keep' },
  trashPrefix: { trashPrefix: 'trash/' },
  trashKeepMs: { trashKeepMs: 5_000 },
  guard: { guard: undefined },
  overwrite: { overwrite: 'never' },
  extraneous: { extraneous: 'delete' },
  symlinks: { symlinks: 'follow' },
  folders: { folders: 'keep' },
  hardlinks: { hardlinks: 'record' },
  headers: { headers: [{ match: '*.html', cache_control: 'no-cache' }] },
  indexSnapshot: { indexSnapshot: { everyMs: 1, ofSmall: true } },
  inventory: {
    inventory: { container: 'x', prefix: '', id: 'x', maxAgeMs: 1, otherwise: 'list' },
  },
  metadata: { metadata: ['mtime'] },
  index: { index: 'lowdb' },
};

test.each(Object.entries(OTHERS))(
  'a change of %s is noticed, and concerns one mirror',
  (key, other) => {
    const targets = [targetOf(), targetOf({ name: 'offsite' })];
    const mirrors = [
      mirrorOf(),
      mirrorOf({ name: 'music', container: 'music', target: 'offsite' }),
    ];
    const before = configOf({ targets, mirrors });
    const after = configOf({ targets, mirrors: [mirrorOf(other), ...mirrors.slice(1)] });
    const { kept, changed } = plan(before, after).mirrors;
    const { name, does } = MIRROR_RULES[key as keyof typeof MIRROR_RULES];
    expect(kept).toEqual(['music']);
    expect(changed).toMatchObject([
      { mirror: 'documents', settings: [name], restarts: does === 'restart' },
    ]);
  },
);

test.each([
  ['extraneous', { extraneous: 'report' }, { extraneous: 'delete' }, 'extraneous'],
  ['deletes', { deletes: 'keep' }, { deletes: 'mirror' }, 'kept'],
  ['deletes', { deletes: 'trash' }, { deletes: 'mirror' }, 'trash'],
  ['trash_keep', { trashKeepMs: 0 }, { trashKeepMs: 5 }, 'trash'],
  ['trash_keep', { trashKeepMs: 9 }, { trashKeepMs: 5 }, 'trash'],
  ['overwrite', { overwrite: 'never' }, { overwrite: 'always' }, 'overwrite'],
  ['symlinks', { symlinks: 'follow' }, { symlinks: 'skip' }, 'links'],
  ['folders', { folders: 'keep' }, { folders: 'skip' }, 'folders'],
  ['guard', { guard: undefined }, {}, 'guard'],
  ['exclude', { exclude: ['a'] }, { exclude: [] }, 'filter'],
  ['source', { source: '/other' }, {}, 'source'],
] as const)('a change of %s from %o to %o is a risk', (setting, was, now, kind) => {
  const [before, after] = [was, now].map((each) =>
    configOf({ mirrors: [mirrorOf(each as Partial<MirrorConfig>)] }),
  );
  expect(plan(before as Config, after as Config).risks).toEqual([
    { mirror: 'documents', setting, kind },
  ]);
});

test.each([
  [{ extraneous: 'delete' }, { extraneous: 'report' }],
  [{ deletes: 'mirror' }, { deletes: 'trash' }],
  [{ deletes: 'mirror' }, { deletes: 'keep' }],
  [{ trashKeepMs: 5 }, { trashKeepMs: 0 }],
  [{ overwrite: 'always' }, { overwrite: 'never' }],
  [{ folders: 'skip' }, { folders: 'keep' }],
  [{ settleMs: 1 }, { settleMs: 2 }],
] as const)('a change from %o to %o is no risk', (was, now) => {
  const [before, after] = [was, now].map((each) =>
    configOf({ mirrors: [mirrorOf(each as Partial<MirrorConfig>)] }),
  );
  expect(plan(before as Config, after as Config).risks).toEqual([]);
});

test('another state folder and a socket of systemd take a restart; the log, the drain and others do not', () => {
  const needs = (different: Partial<Config>) => plan(configOf(), configOf(different)).daemon;
  expect(needs({ stateFolder: '/other' })).toMatchObject({
    settings: [],
    needsRestart: [{ setting: 'state' }],
  });
  const page = { listen: 'systemd' } as NonNullable<Config['statusPage']>;
  expect(needs({ statusPage: page }).needsRestart).toMatchObject([{ setting: 'status' }]);
  const file = { path: '/log', size: 4_096, keep: 2 };
  const log = { level: 'debug', format: 'json', repeats: 100, file } as const;
  expect(needs({ log, drainMs: 1, notify: [] })).toEqual({
    settings: ['log.level', 'log.format', 'log.file', 'drain'],
    needsRestart: [],
  });
});

test('another queue takes a restart; what workers read does not', () => {
  const needs = (different: Partial<Config>) => plan(configOf(), configOf(different)).daemon;
  const redis = { host: 'queue', port: 6379, tls: false } as NonNullable<Config['queue']>['redis'];
  expect(needs({ queue: { name: undefined, redis } }).needsRestart).toMatchObject([
    { setting: 'queue' },
  ]);
  expect(needs({ worker: { serves: 'nas1', sources: {}, jobs: 4 } })).toEqual({
    settings: ['worker'],
    needsRestart: [],
  });
});

test('a rate takes the place of another while the target is open; a first rate opens the target again', () => {
  const of = (requestRate: number | undefined) =>
    configOf({ targets: [targetOf({ requestRate })] });
  expect(plan(of(10), of(20)).targets).toMatchObject({ limited: ['vault'], reopened: [] });
  expect(plan(of(10), of(20)).mirrors.kept).toEqual(['documents']);
  expect(plan(of(undefined), of(20))).toMatchObject({
    targets: { limited: [], reopened: ['vault'] },
    mirrors: { changed: [{ settings: ['targets.vault'], restarts: true, keepsState: true }] },
  });
});

test('a secret is the same while its name and what it was found to be are the same', () => {
  const env: Record<string, string> = { KEY: 'a' };
  const secret = (name = 'KEY') => new Secret({ env: name }, { folder: '/', env });
  const of = (key: Secret) => configOf({ targets: [targetOf({ settings: { key } })] });
  const used = secret();
  expect(isUnchanged(plan(of(used), of(secret())))).toBe(true);
  used.reveal();
  expect(isUnchanged(plan(of(used), of(secret())))).toBe(true);
  env['KEY'] = 'b';
  expect(plan(of(used), of(secret())).targets).toMatchObject({
    reopened: ['vault'],
    changed: [{ target: 'vault', settings: ['key'] }],
  });
  delete env['KEY'];
  expect(isUnchanged(plan(of(used), of(secret())))).toBe(false);
  expect(isUnchanged(plan(of(secret()), of(secret('OTHER'))))).toBe(false);
});
