import { describe, expect, it } from 'vitest';
import { complaints, load, MIRROR, TARGETS, withConfigFolder } from './loading.js';

withConfigFolder();

describe('values of a mirror', () => {
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

  it('reads where the inventory of a container is', async () => {
    const overS3 = 'targets: { vault: { driver: s3, key: a } }\n';
    const line =
      '    listing: { inventory: { container: lists, prefix: a/b, id: nightly, max_age: 9d } }\n';
    expect((await load(overS3 + MIRROR + line)).mirrors[0]?.inventory).toEqual({
      container: 'lists',
      prefix: 'a/b/',
      id: 'nightly',
      maxAgeMs: 9 * 86_400_000,
      otherwise: 'list',
    });
    expect((await load(overS3 + MIRROR)).mirrors[0]?.inventory).toBeUndefined();
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
});
