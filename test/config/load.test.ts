import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configPlaces, findConfig } from '../../src/config/find.js';
import { loadConfig } from '../../src/config/load.js';
import { at, complaints, load, MIRROR, TARGETS, withConfigFolder } from './loading.js';
import { stubDrivers } from './stub-drivers.js';

withConfigFolder();

describe('loadConfig', () => {
  it('fills in every default and makes paths absolute', async () => {
    const config = await load(TARGETS + MIRROR);
    expect(config).toEqual({
      file: join(at.folder, 'longshore.yaml'),
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      stateFolder: join(at.folder, '.longshore'),
      log: { level: 'info', format: 'text', repeats: 100, file: undefined },
      drainMs: 30_000,
      notify: [],
      worker: { serves: undefined, sources: {}, jobs: 2 },
      targets: [
        {
          name: 'vault',
          driver: 'local',
          settings: { root: join(at.folder, 'containers'), fsync: true },
          concurrency: undefined,
          bandwidth: undefined,
          requestRate: undefined,
          multipartThreshold: 64 * 2 ** 20,
          partSize: undefined,
        },
      ],
      mirrors: [
        {
          name: 'documents',
          source: join(at.folder, 'data'),
          createSource: false,
          target: 'vault',
          container: 'documents',
          prefix: '',
          exclude: [],
          include: [],
          watch: 'auto',
          chokidarLimit: 5000,
          settleMs: 500,
          settleLimitMs: 30_000,
          rescanMs: 3_600_000,
          reconcileMs: 86_400_000,
          verify: undefined,
          leaseMs: 600_000,
          maxLagMs: 0,
          workers: false,
          indexSnapshot: { everyMs: 86_400_000, ofSmall: false },
          deletes: 'mirror',
          trashPrefix: '.longshore/trash/',
          trashKeepMs: 30 * 86_400_000,
          headers: [],
          guard: { count: 1000, share: 0.2, atLeast: 50, windowMs: 3_600_000 },
          overwrite: 'always',
          extraneous: 'keep',
          symlinks: 'skip',
          folders: 'skip',
          hardlinks: 'copy',
          metadata: ['mtime', 'mode'],
          index: 'lmdb',
        },
      ],
      warnings: [],
    });
  });

  it('reports all faults of a file at once, each with line and column', async () => {
    expect(
      await complaints(`drain: 5 minutes
stat: ./x
targets:
  vault: { driver: local, root: ./containers, fsnc: true }
  offsite:
    driver: minio
    key: { env: KEY }
    part_size: 5mb
  other: { driver: ftp }
mirrors:
  - name: documents
    source: ./data
    target: vualt
    container: documents
    exlude: ["*.tmp"]
    rescan: 60
  - name: documents
    source: ./data
    target: valt
    container: 2024
  - name: third
    source: ./third
    target: valt
    container: third
`),
    ).toEqual([
      'longshore.yaml:1:8  drain: expected a duration such as "500ms", "30s", "6h" or "7d", got "5 minutes"',
      'longshore.yaml:2:1  stat: unknown key "stat"; did you mean "state"?',
      'longshore.yaml:4:47  targets.vault.fsnc: unknown key "fsnc"; did you mean "fsync"?',
      'longshore.yaml:8:16  targets.offsite.part_size: expected a size such as "5MiB" of at least 1B, got "5mb" (5MB or 5MiB?)',
      'longshore.yaml:9:20  targets.other.driver: no driver is called "ftp"; known: local, s3, minio',
      'longshore.yaml:15:5  mirrors[0].exlude: unknown key "exlude"; did you mean "exclude"?',
      'longshore.yaml:16:13  mirrors[0].rescan: expected a duration such as "500ms", "30s", "6h" or "7d", got 60',
      'longshore.yaml:20:16  mirrors[1].container: expected the name of a container, got 2024 (put it in quotes)',
      'longshore.yaml:23:13  mirrors[2].target: no target is called "valt"; did you mean "vault"? (targets: vault, offsite, other)',
    ]);
  });

  it.each([
    ['a syntax error', 'targets: {a: [}\n', /^longshore\.yaml:1:\d+ {2}/],
    ['a tab as indentation', 'targets:\n\tvault: 1\n', /^longshore\.yaml:2:1 {2}/],
    [
      'a key given twice',
      `${TARGETS}${MIRROR}state: a\nstate: b\n`,
      /^longshore\.yaml:\d+:1 {2}Map keys must be unique/,
    ],
    [
      'an unknown tag',
      `${TARGETS}${MIRROR}state: !secret x\n`,
      /^longshore\.yaml:\d+:8 {2}no such tag; a text that begins with "!" needs quotes$/,
    ],
    [
      'an alias to nothing',
      `${TARGETS}${MIRROR}state: *nowhere\n`,
      /^longshore\.yaml:\d+:8 {2}no such anchor above this alias; a text that begins with "\*" needs quotes$/,
    ],
    ['two documents', `${TARGETS}${MIRROR}---\nstate: x\n`, /multiple documents/],
    ['an empty file', '', /^longshore\.yaml: is empty; `longshore init`/],
    ['comments alone', '# nothing\n', /is empty/],
    ['a list', '- a\n', /^longshore\.yaml:1:1 {2}expected a section of keys, got a list/],
    ['a text', 'hello\n', /^longshore\.yaml:1:1 {2}expected a section of keys, got "hello"/],
    ['a file that is not UTF-8', Uint8Array.of(0x61, 0xff, 0x0a), /not UTF-8/],
    ['a huge file', `# ${'x'.repeat(1_100_000)}\n`, /over 1048576 bytes/],
    [
      'aliases that unfold without end',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`,
      /alias/,
    ],
    [
      'nothing under targets',
      `targets:\n${MIRROR}`,
      /^longshore\.yaml:1:1 {2}targets: expected a section of names, got nothing/,
    ],
    ['no targets', `targets: {}\n${MIRROR}`, /targets: expected at least one target/],
    ['no mirrors', `${TARGETS}mirrors: []\n`, /mirrors: expected at least one mirror/],
    ['no mirrors at all', TARGETS, /^longshore\.yaml:2:1 {2}mirrors: missing; expected a list/],
    [
      'a target that is no section',
      `targets:\n  vault: local\n${MIRROR}`,
      /^longshore\.yaml:2:10 {2}targets\.vault: expected a section of keys, got "local"/,
    ],
    [
      'a target without a driver',
      `targets:\n  vault: { root: x }\n${MIRROR}`,
      /^longshore\.yaml:2:3 {2}targets\.vault\.driver: missing; expected text/,
    ],
    [
      'a target with an odd name',
      `targets:\n  ../x: { driver: local, root: x }\n${MIRROR}`,
      /targets\."..\/x": expected a name of 1 to 64/,
    ],
    [
      'a mirror with an odd name',
      `${TARGETS}${MIRROR.replace('name: documents', 'name: a/b')}`,
      /^longshore\.yaml:6:11 {2}mirrors\[0\]\.name: expected 1 to 64/,
    ],
    [
      'concurrency of none',
      `targets: { vault: { driver: local, root: x, concurrency: 0 } }\n${MIRROR}`,
      /concurrency: expected a whole number from 1/,
    ],
    [
      'a request rate of none',
      `targets: { vault: { driver: local, root: x, request_rate: 0 } }\n${MIRROR}`,
      /request_rate: expected a whole number from 1/,
    ],
    [
      'a settle limit below settle',
      `${TARGETS}${MIRROR}    settle: 1m\n    settle_limit: 1s\n`,
      /^longshore\.yaml:11:19 {2}mirrors\[0\]\.settle_limit: expected at least as long as settle/,
    ],
    [
      'deletes that are kept, and extraneous objects that are deleted',
      `${TARGETS}${MIRROR}    deletes: keep\n    extraneous: delete\n`,
      /^longshore\.yaml:11:17 {2}mirrors\[0\]\.extraneous: after a loss of the state this would delete what "deletes: keep" has kept/,
    ],
    [
      'damaged objects that are kept without a trash',
      `${TARGETS}${MIRROR}    verify: { keep_damaged: true }\n`,
      /mirrors\[0\]\.verify\.keep_damaged: a damaged object is kept in the trash, which takes "deletes: trash"/,
    ],
    [
      'an inventory of a provider that makes none',
      `${TARGETS}${MIRROR}    listing: { inventory: { container: lists, id: nightly } }\n`,
      /mirrors\[0\]\.listing\.inventory: the provider of target "vault" \(driver local\) makes no inventories/,
    ],
    [
      'an option of a later version',
      `${TARGETS}${MIRROR}    encrypt: { with: age }\n`,
      /unknown key "encrypt"/,
    ],
    [
      'an empty path',
      `${TARGETS}${MIRROR.replace('./data', '""')}`,
      /source: expected a path, got ""/,
    ],
  ])('refuses %s', async (_, text, expected) => {
    expect((await complaints(text)).join('\n')).toMatch(expected);
  });

  it('understands a byte order mark, anchors and merge keys, and complains at the right place inside them', async () => {
    const anchored = `\uFEFFtargets: { vault: { driver: local, root: ./containers } }
mirrors:
  - &base { name: a, source: ./a, target: vault, container: a, settle: 2s }
  - { <<: *base, name: b, source: ./b, container: b }
`;
    expect((await load(anchored)).mirrors.map(({ name, settleMs }) => [name, settleMs])).toEqual([
      ['a', 2000],
      ['b', 2000],
    ]);
    expect(await complaints(anchored.replace('container: b', 'contaner: b'))).toContainEqual(
      'longshore.yaml:4:40  mirrors[1].contaner: unknown key "contaner"; did you mean "container"?',
    );
  });

  it('accepts Libcloud names of drivers and other names of keys', async () => {
    const { targets } = await load(
      `targets:\n  vault: { driver: LOCAL, key: ./containers }\n  s: { driver: minio, key: x }\n${MIRROR}`,
    );
    expect(targets.map(({ driver }) => driver)).toEqual(['local', 's3']);
    expect(targets[0]?.settings).toEqual({ root: join(at.folder, 'containers'), fsync: true });
  });

  it('reports why a file cannot be read', async () => {
    await expect(
      loadConfig('nope.yaml', { cwd: at.folder, env: {}, drivers: stubDrivers }),
    ).rejects.toThrow(/nope\.yaml: cannot be read: ENOENT/);
    await expect(
      loadConfig('.', { cwd: at.folder, env: {}, drivers: stubDrivers }),
    ).rejects.toThrow(/cannot be read: EISDIR/);
  });
});

describe('the search for a configuration', () => {
  it('takes the first of the working folder, the user and the system', async () => {
    const env = { HOME: join(at.folder, 'home') };
    const places = configPlaces(at.folder, env);
    expect(places).toEqual([
      join(at.folder, 'longshore.yaml'),
      join(at.folder, 'home/.config/longshore/longshore.yaml'),
      '/etc/longshore/longshore.yaml',
    ]);
    expect(configPlaces(at.folder, { ...env, XDG_CONFIG_HOME: '/xdg' })[1]).toBe(
      '/xdg/longshore/longshore.yaml',
    );
    expect(await findConfig(places.slice(0, 2))).toBeUndefined();
    mkdirSync(join(at.folder, 'home/.config/longshore'), { recursive: true });
    writeFileSync(places[1]!, '');
    expect(await findConfig(places)).toBe(places[1]);
    writeFileSync(places[0]!, '');
    expect(await findConfig(places)).toBe(places[0]);
  });
});
