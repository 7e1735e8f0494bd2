import fc from 'fast-check';
import type { Config, MirrorConfig, TargetConfig } from '../../src/config/config.js';

const target: TargetConfig = {
  name: 'vault',
  driver: 'local',
  settings: { root: '/vault', fsync: true },
  concurrency: undefined,
  bandwidth: undefined,
  requestRate: undefined,
  multipartThreshold: 64 * 2 ** 20,
  partSize: undefined,
};

const mirror: MirrorConfig = {
  name: 'documents',
  source: '/documents',
  createSource: false,
  target: 'vault',
  workers: false,
  container: 'documents',
  prefix: '',
  exclude: [],
  include: [],
  watch: 'auto',
  chokidarLimit: 1_000,
  settleMs: 500,
  settleLimitMs: 30_000,
  rescanMs: 3_600_000,
  reconcileMs: 86_400_000,
  maxLagMs: 0,
  heartbeat: undefined,
  verify: undefined,
  leaseMs: 60_000,
  deletes: 'mirror',
  trashPrefix: '.longshore/trash/',
  trashKeepMs: 0,
  guard: { count: 1_000, share: 0.2, atLeast: 50, windowMs: 3_600_000 },
  overwrite: 'always',
  extraneous: 'keep',
  symlinks: 'skip',
  folders: 'skip',
  hardlinks: 'copy',
  headers: [],
  indexSnapshot: undefined,
  inventory: undefined,
  metadata: ['mtime', 'mode'],
  index: 'lmdb',
};

/** The configuration of a mirror, with these settings. */
export const mirrorOf = (different: Partial<MirrorConfig> = {}): MirrorConfig => ({
  ...structuredClone(mirror),
  ...different,
});

export const targetOf = (different: Partial<TargetConfig> = {}): TargetConfig => ({
  ...structuredClone(target),
  ...different,
});

export const configOf = (different: Partial<Config> = {}): Config => ({
  file: '/etc/longshore.yaml',
  stateFolder: '/state',
  log: { level: 'info', format: 'text', repeats: 100, file: undefined },
  drainMs: 30_000,
  metrics: undefined,
  notify: [],
  heartbeat: undefined,
  statusPage: undefined,
  queue: undefined,
  worker: { serves: undefined, sources: {}, jobs: 2 },
  warnings: [],
  targets: [targetOf()],
  mirrors: [mirrorOf()],
  ...different,
});

/** Where a mirror is, as the local driver says it. */
export const placeOf = (
  { container, prefix }: Pick<MirrorConfig, 'container' | 'prefix'>,
  { driver, settings }: TargetConfig,
): string => `${driver} ${JSON.stringify(settings)}, ${container}/${prefix}`;

const anyTarget = fc.record({
  name: fc.constantFrom('vault', 'offsite', 'third'),
  settings: fc.record({ root: fc.constantFrom('/vault', '/offsite'), fsync: fc.boolean() }),
  concurrency: fc.constantFrom(undefined, 4, 8),
  requestRate: fc.constantFrom(undefined, 10, 20),
});

const anyMirror = fc.record({
  name: fc.constantFrom('documents', 'music', 'photos', 'mail'),
  source: fc.constantFrom('/a', '/b'),
  target: fc.constantFrom('vault', 'offsite'),
  prefix: fc.constantFrom('', 'p/'),
  exclude: fc.constantFrom([], ['*.tmp']),
  settleMs: fc.constantFrom(500, 1_000),
  index: fc.constantFrom('lmdb' as const, 'lowdb' as const),
  deletes: fc.constantFrom('mirror' as const, 'trash' as const, 'keep' as const),
  maxLagMs: fc.constantFrom(0, 1_000),
});

/** Configurations with some of three targets and some of four mirrors. */
export const anyConfig: fc.Arbitrary<Config> = fc
  .record({
    targets: fc.uniqueArray(anyTarget, { selector: ({ name }) => name, maxLength: 3 }),
    mirrors: fc.uniqueArray(anyMirror, { selector: ({ name }) => name, maxLength: 4 }),
    level: fc.constantFrom('info' as const, 'debug' as const),
    drainMs: fc.constantFrom(0, 30_000),
  })
  .map(({ targets, mirrors, level, drainMs }) => {
    const names = new Set<string>(targets.map(({ name }) => name));
    const missing = ['vault', 'offsite'].filter((name) => !names.has(name));
    return configOf({
      log: { level, format: 'text', repeats: 100, file: undefined },
      drainMs,
      targets: [...targets, ...missing.map((name) => ({ name }))].map((each) => targetOf(each)),
      mirrors: mirrors.map((each) => mirrorOf(each)),
    });
  });
