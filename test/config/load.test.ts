import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config.js';
import { ConfigError } from '../../src/config/config-error.js';
import { configPlaces, findConfig } from '../../src/config/find.js';
import { loadConfig } from '../../src/config/load.js';
import { temporaryFolder } from '../world/folder.js';
import { stubDrivers } from './stub-drivers.js';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder('config');
});

function load(text: string | Uint8Array, env: Record<string, string> = {}): Promise<Config> {
  const file = join(folder, 'longshore.yaml');
  writeFileSync(file, text);
  return loadConfig(file, { cwd: folder, env, drivers: stubDrivers });
}

/** The complaints about a file, without the folder that it is in. */
async function complaints(
  text: string | Uint8Array,
  env: Record<string, string> = {},
): Promise<string[]> {
  const error = await load(text, env).then(
    () => new Error('it was accepted'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return (error as Error).message.replaceAll(`${folder}/`, '').split('\n');
}

const TARGETS = `
targets:
  vault: { driver: local, root: ./containers }
`;
const MIRROR = `
mirrors:
  - name: documents
    source: ./data
    target: vault
    container: documents
`;

describe('loadConfig', () => {
  it('reads a bandwidth, at all times or by times of the week', async () => {
    const bandwidthOf = async (written: string) => {
      const { targets } = await load(
        `targets:\n  vault: { driver: local, root: x, request_rate: 50, bandwidth: ${written} }\n${MIRROR}`,
      );
      expect(targets[0]?.requestRate).toBe(50);
      return targets[0]?.bandwidth;
    };
    expect(await bandwidthOf('2MiB/s')).toEqual({ slots: [], otherwise: 2 ** 21 });
    expect(await bandwidthOf('1.5 MB / s')).toEqual({ slots: [], otherwise: 1.5e6 });
    expect(await bandwidthOf('off')).toEqual({ slots: [], otherwise: Number.POSITIVE_INFINITY });
    expect(
      await bandwidthOf('{ "Sat,Sun": off, "08:00-18:00": 1MiB/s, otherwise: 4MiB/s }'),
    ).toEqual({
      slots: [
        { days: new Set([6, 0]), from: 0, to: 1440, value: Number.POSITIVE_INFINITY },
        { days: new Set([0, 1, 2, 3, 4, 5, 6]), from: 480, to: 1080, value: 2 ** 20 },
      ],
      otherwise: 2 ** 22,
    });
    expect(await bandwidthOf('{ Mon: 1MiB/s }')).toMatchObject({
      otherwise: Number.POSITIVE_INFINITY,
    });
  });

  it.each([
    ['2MiB', '', 'a rate such as "2MiB/s", or "off", or a section of times, got "2MiB"'],
    ['2mb/s', '', 'a rate such as "2MiB/s", or "off", or a section of times, got "2mb/s"'],
    ['5000', '', 'a rate such as "2MiB/s", or "off", or a section of times, got 5000'],
    ['[1MiB/s]', '', 'a rate such as "2MiB/s", or "off", or a section of times, got a list'],
    ['{ Mon-Fri: 0 }', '.Mon-Fri', 'a rate such as "2MiB/s" of at least 4KiB/s, or "off", got 0'],
    [
      '{ Mon: 1KiB/s }',
      '.Mon',
      'a rate such as "2MiB/s" of at least 4KiB/s, or "off", got "1KiB/s"',
    ],
    [
      '{ Monday: 1MiB/s }',
      '.Monday',
      'times of the week such as "Mon-Fri 08:00-18:00", "Sat,Sun" or "22:00-06:00", or "otherwise", got "Monday"',
    ],
  ])('refuses the bandwidth %s', async (written, below, complaint) => {
    const [first, ...others] = await complaints(
      `targets:\n  vault: { driver: local, root: x, bandwidth: ${written} }\n${MIRROR}`,
    );
    expect(first?.replace(/:2:\d+ /, ':2:N ')).toBe(
      `longshore.yaml:2:N  targets.vault.bandwidth${below}: expected ${complaint}`,
    );
    expect(others).toEqual([]);
  });

  it('refuses malformed patterns, each with its place', async () => {
    const lines = `    exclude: ["*.tmp", "*.[ch", "build\\\\"]
    include:
      - "#notes"
      - letters/**
      - ./sub
`;
    expect(await complaints(TARGETS + MIRROR + lines)).toEqual([
      'longshore.yaml:10:24  mirrors[0].exclude[1]: the pattern "*.[ch" is malformed: its "[" at character 3 is never closed; write "\\[" for a bracket in a name',
      'longshore.yaml:10:33  mirrors[0].exclude[2]: the pattern "build\\\\" is malformed: it ends with a backslash that quotes nothing; folders end with "/"',
      'longshore.yaml:12:9  mirrors[0].include[0]: the pattern "#notes" is malformed: it is a comment; write "\\#" for a name that begins with "#"',
      'longshore.yaml:14:9  mirrors[0].include[2]: the pattern "./sub" is malformed: no path has "." or ".." in it; patterns begin at the source, as in "/a/b"',
    ]);
  });

  it('reads what a mirror says of its objects, and refuses what those of its target cannot have', async () => {
    const rules =
      '    headers: [{ match: "*.html", cache_control: no-cache }, { storage_class: GLACIER }]\n';
    const overS3 = 'targets: { vault: { driver: s3, key: a } }\n';
    expect((await load(overS3 + MIRROR + rules)).mirrors[0]?.headers).toEqual([
      { match: '*.html', cache_control: 'no-cache' },
      { match: '*', storage_class: 'GLACIER' },
    ]);
    expect(await complaints(TARGETS + MIRROR + rules)).toEqual([
      'longshore.yaml:10:34  mirrors[0].headers[0].cache_control: objects of target "vault" (driver local) have no cache_control',
      'longshore.yaml:10:63  mirrors[0].headers[1].storage_class: objects of target "vault" (driver local) have no storage_class',
    ]);
    expect(
      await complaints(`${overS3}${MIRROR}    headers: [{ cache-control: no-cache }]\n`),
    ).toEqual([
      'longshore.yaml:8:17  mirrors[0].headers[0].cache-control: unknown key "cache-control"; did you mean "cache_control"?',
    ]);
  });

  it('fills in every default and makes paths absolute', async () => {
    const config = await load(TARGETS + MIRROR);
    expect(config).toEqual({
      file: join(folder, 'longshore.yaml'),
      stateFolder: join(folder, '.longshore'),
      log: { level: 'info', format: 'text' },
      drainMs: 30_000,
      targets: [
        {
          name: 'vault',
          driver: 'local',
          settings: { root: join(folder, 'containers'), fsync: true },
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
          source: join(folder, 'data'),
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
          leaseMs: 600_000,
          deletes: 'mirror',
          trashPrefix: '.longshore/trash/',
          trashKeepMs: 30 * 86_400_000,
          headers: [],
          guard: { count: 1000, share: 0.2, atLeast: 50, windowMs: 3_600_000 },
          overwrite: 'always',
          extraneous: 'keep',
          symlinks: 'skip',
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
      'an option of a later version',
      `${TARGETS}${MIRROR}    verify: { every: 7d }\n`,
      /unknown key "verify"/,
    ],
    [
      'an empty path',
      `${TARGETS}${MIRROR.replace('./data', '""')}`,
      /source: expected a path, got ""/,
    ],
  ])('refuses %s', async (_, text, expected) => {
    expect((await complaints(text)).join('\n')).toMatch(expected);
  });

  it.each(['/backups', 'a//b', '../a', 'a/./b', 'a/..', 'a\u0007b'])(
    'refuses the prefix %j',
    async (prefix) => {
      expect(
        (await complaints(`${TARGETS}${MIRROR}    prefix: ${JSON.stringify(prefix)}\n`)).join(),
      ).toContain('mirrors[0].prefix: expected a folder');
    },
  );

  it('adds the slash at the end of a prefix', async () => {
    expect((await load(`${TARGETS}${MIRROR}    prefix: a/.b/..c\n`)).mirrors[0]?.prefix).toBe(
      'a/.b/..c/',
    );
    expect((await load(`${TARGETS}${MIRROR}    prefix: a/\n`)).mirrors[0]?.prefix).toBe('a/');
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
    expect(targets[0]?.settings).toEqual({ root: join(folder, 'containers'), fsync: true });
  });

  it('reports why a file cannot be read', async () => {
    await expect(
      loadConfig('nope.yaml', { cwd: folder, env: {}, drivers: stubDrivers }),
    ).rejects.toThrow(/nope\.yaml: cannot be read: ENOENT/);
    await expect(loadConfig('.', { cwd: folder, env: {}, drivers: stubDrivers })).rejects.toThrow(
      /cannot be read: EISDIR/,
    );
  });

  it.each([
    '!hunter2',
    '!hunter2 x',
    '!!hunter2 x',
    '!<hunter2> x',
    '!a!hunter2',
    '*hunter2',
    '|hunter2',
    '>hunter2',
    ']hunter2',
    '}hunter2',
    '&hunter2',
    '@hunter2',
    '"hunter2',
    'x: hunter2',
    '[hunter2]',
    '{ env: [hunter2] }',
  ])('P9: a secret that is written wrongly is not repeated: %s', async (written) => {
    const said = await complaints(
      `targets:\n  vault:\n    driver: s3\n    key: ${written}\n${MIRROR}`,
    );
    expect(said[0]).toMatch(/^longshore\.yaml:\d+:\d+ {2}./);
    expect(said.join()).not.toContain('hunter2');
  });

  it('P9: a secret after a key without YAML’s blank, or in the password of a URL, is not repeated', async () => {
    const target = (text: string) => `targets:\n  vault: { driver: s3, ${text} }\n${MIRROR}`;
    expect(await complaints(target('key:hunter2'))).toEqual([
      'longshore.yaml:2:3  targets.vault.key: missing; expected a secret: { env: NAME }, { file: PATH }, { credential: NAME } or a text',
      'longshore.yaml:2:24  targets.vault."key:…": unknown key "key:…"; write "key: " with a blank before the value',
    ]);
    expect(await complaints(target('key: a, "key = hunter2": x'))).toEqual([
      'longshore.yaml:2:32  targets.vault."key =…": unknown key "key =…"; write "key: " with a blank before the value',
    ]);
    const said = await complaints(`targets:\n  vault: "https://alice:hunter2@host/v3"\n${MIRROR}`);
    expect(said[0]).toContain('got "https://…@host/v3"');
  });

  it('P9: warns of a literal secret in a file that others can read, without printing it', async () => {
    const text = `targets:\n  vault: { driver: s3, key: hunter2 }\n${MIRROR}`;
    writeFileSync(join(folder, 'longshore.yaml'), '', { mode: 0o640 });
    expect((await load(text)).warnings).toEqual([]);
    chmodSync(join(folder, 'longshore.yaml'), 0o644);
    const config = await load(text);
    expect(config.warnings).toHaveLength(1);
    expect(config.warnings[0]).toMatch(/targets\.vault\.key.*chmod 600/);
    expect(JSON.stringify(config)).not.toContain('hunter2');
    expect((await load(text.replace('hunter2', '{ env: KEY }'))).warnings).toEqual([]);
  });
});

describe('places that must be apart', () => {
  const two = (first: string, second: string, targets = TARGETS) => `${targets}
mirrors:
  - { name: one, source: ./one, ${first} }
  - { name: two, source: ./two, ${second} }
`;
  const SHARED =
    /mirrors\[1\]\.(container|prefix): "two" and "one" \(mirrors\[0\]\) write to the same place, or one inside the other/;

  it.each([
    ['the same container', 'target: vault, container: c', 'target: vault, container: c'],
    [
      'the same prefix',
      'target: vault, container: c, prefix: a',
      'target: vault, container: c, prefix: a/',
    ],
    [
      'a prefix inside another',
      'target: vault, container: c, prefix: a',
      'target: vault, container: c, prefix: a/b',
    ],
    [
      'a prefix around another',
      'target: vault, container: c, prefix: a/b',
      'target: vault, container: c',
    ],
  ])(
    'P4: refuses two mirrors that write to %s, be it a folder or not',
    async (_, first, second) => {
      for (const targets of [TARGETS, '\ntargets: { vault: { driver: s3, key: a } }\n']) {
        const found = (await complaints(two(first, second, targets))).join('\n');
        expect(found).toMatch(SHARED);
        expect(found, 'at the setting that makes it so').toContain(
          second.includes('prefix') ? 'mirrors[1].prefix' : 'mirrors[1].container',
        );
      }
    },
  );

  it.each([
    [
      'neighbours',
      'target: vault, container: c, prefix: a',
      'target: vault, container: c, prefix: ab',
    ],
    ['containers', 'target: vault, container: c', 'target: vault, container: d'],
    [
      'what is kept, beside what is reported',
      'target: vault, container: c, deletes: keep',
      'target: vault, container: d, extraneous: delete',
    ],
    [
      'a limit as long as settle',
      'target: vault, container: c, settle: 5s, settle_limit: 5s',
      'target: vault, container: d',
    ],
  ])('accepts %s', async (_, first, second) => {
    for (const targets of [TARGETS, '\ntargets: { vault: { driver: s3, key: a } }\n']) {
      expect((await load(two(first, second, targets))).mirrors).toHaveLength(2);
    }
  });

  it('takes two targets with one root, or roots inside each other, for one place', async () => {
    const targets =
      '\ntargets:\n  a: { driver: local, root: ./c }\n  b: { driver: local, root: c/../c/ }\n  d: { driver: local, root: ./c/x }\n';
    expect(
      (await complaints(two('target: a, container: x', 'target: b, container: x', targets))).join(
        '\n',
      ),
    ).toMatch(SHARED);
    expect(
      (await complaints(two('target: a, container: x', 'target: d, container: y', targets))).join(
        '\n',
      ),
    ).toMatch(SHARED);
    expect(
      (await load(two('target: a, container: x', 'target: b, container: y', targets))).mirrors,
    ).toHaveLength(2);
    expect(
      (await load(two('target: a, container: y', 'target: d, container: y', targets))).mirrors,
    ).toHaveLength(2);
  });

  it('sees through symbolic links', async () => {
    mkdirSync(join(folder, 'real'));
    symlinkSync('real', join(folder, 'link'));
    const targets =
      '\ntargets:\n  a: { driver: local, root: ./real/c }\n  b: { driver: local, root: ./link/c }\n';
    expect(
      (await complaints(two('target: a, container: x', 'target: b, container: x', targets))).join(
        '\n',
      ),
    ).toMatch(SHARED);
    expect(
      (
        await complaints(
          `\ntargets: { vault: { driver: local, root: ./link/data/c } }\n${MIRROR.replace('./data', './real/data')}`,
        )
      ).join(),
    ).toContain('inside this source');
  });

  it.each([
    [
      'a target inside a source',
      './data/containers',
      './data',
      /mirrors\[0\]\.source: target "vault" keeps its objects in .*inside this source/,
    ],
    [
      'a source inside a target',
      './data',
      './data/containers/x',
      /mirrors\[0\]\.source: .* is inside .*where target "vault" keeps its objects/,
    ],
    [
      'a target that is the source',
      './data',
      './data',
      /is also where target "vault" keeps its objects/,
    ],
  ])('refuses %s', async (_, root, source, expected) => {
    const text = `targets: { vault: { driver: local, root: ${root} } }\n${MIRROR.replace('./data', source)}`;
    expect((await complaints(text)).join('\n')).toMatch(expected);
  });

  it.each([
    [
      'inside a target',
      './containers/state',
      /^longshore\.yaml:\d+:8 {2}state: .* is inside target "vault"/,
    ],
    ['a target itself', './containers', /state: .* is inside target "vault"/],
    ['that is a source', './data', /state: the source of mirror "documents"/],
    ['around a source', '.', /state: the source of mirror "documents" is inside the state folder/],
  ])('refuses a state folder %s', async (_, state, expected) => {
    expect((await complaints(`${TARGETS}${MIRROR}state: ${state}\n`)).join('\n')).toMatch(expected);
  });

  it('never mirrors a state folder that lies inside a source', async () => {
    const config = await load(
      `state: "./data/my [st]ate"\n${TARGETS}${MIRROR}    exclude: ["*.tmp"]\n`,
    );
    expect(config.mirrors[0]?.exclude).toEqual(['*.tmp', '/my\\ \\[st\\]ate/']);
  });

  it('refuses two mirrors of one name, whatever the case of its letters', async () => {
    const text = two('target: vault, container: c', 'target: vault, container: d').replace(
      'name: two',
      'name: ONE',
    );
    expect((await complaints(text)).join('\n')).toMatch(
      /^longshore\.yaml:\d+:13 {2}mirrors\[1\]\.name: "ONE" is already the name of mirrors\[0\]/,
    );
  });
});

describe('the search for a configuration', () => {
  it('takes the first of the working folder, the user and the system', async () => {
    const env = { HOME: join(folder, 'home') };
    const places = configPlaces(folder, env);
    expect(places).toEqual([
      join(folder, 'longshore.yaml'),
      join(folder, 'home/.config/longshore/longshore.yaml'),
      '/etc/longshore/longshore.yaml',
    ]);
    expect(configPlaces(folder, { ...env, XDG_CONFIG_HOME: '/xdg' })[1]).toBe(
      '/xdg/longshore/longshore.yaml',
    );
    expect(await findConfig(places.slice(0, 2))).toBeUndefined();
    mkdirSync(join(folder, 'home/.config/longshore'), { recursive: true });
    writeFileSync(places[1]!, '');
    expect(await findConfig(places)).toBe(places[1]);
    writeFileSync(places[0]!, '');
    expect(await findConfig(places)).toBe(places[0]);
  });
});
