import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { at, complaints, load, MIRROR, TARGETS, withConfigFolder } from './loading.js';

withConfigFolder();

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
    mkdirSync(join(at.folder, 'real'));
    symlinkSync('real', join(at.folder, 'link'));
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

  it('never mirrors a log file that lies inside a source, nor the older ones', async () => {
    const file = 'log: { file: { path: "./data/my log" } }\n';
    const config = await load(`${file}${TARGETS}${MIRROR}`);
    expect(config.log.file).toEqual({
      path: join(at.folder, 'data/my log'),
      size: 10 * 2 ** 20,
      keep: 5,
    });
    expect(config.mirrors[0]?.exclude).toEqual(['/my\\ log', '/my\\ log.*']);
  });

  it('refuses a log file that would be among the objects of a target', async () => {
    const file = 'log: { file: { path: ./containers/log } }\n';
    expect((await complaints(`${file}${TARGETS}${MIRROR}`)).join('\n')).toMatch(
      /log\.file\.path: .* is inside target "vault": the log would be among its objects/,
    );
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
