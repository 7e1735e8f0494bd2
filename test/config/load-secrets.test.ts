import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { at, complaints, load, MIRROR, withConfigFolder } from './loading.js';

withConfigFolder();

describe('secrets of a configuration', () => {
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
    writeFileSync(join(at.folder, 'longshore.yaml'), '', { mode: 0o640 });
    expect((await load(text)).warnings).toEqual([]);
    chmodSync(join(at.folder, 'longshore.yaml'), 0o644);
    const config = await load(text);
    expect(config.warnings).toHaveLength(1);
    expect(config.warnings[0]).toMatch(/targets\.vault\.key.*chmod 600/);
    expect(JSON.stringify(config)).not.toContain('hunter2');
    expect((await load(text.replace('hunter2', '{ env: KEY }'))).warnings).toEqual([]);
  });
});
