import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, inspect } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { Secret, SecretError, secretsIn } from '../../src/config/secret.js';
import { temporaryFolder } from '../world/folder.js';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder('secret');
});

describe('Secret', () => {
  it('P9: never prints itself', () => {
    const secret = new Secret({ literal: 'hunter2' }, { folder, env: {} });
    secret.reveal();
    const shown = [
      String(secret),
      `${secret}`,
      JSON.stringify({ secret }),
      inspect({ secret }, { showHidden: true }),
      format('%s %o %j', secret, secret, secret),
    ];
    for (const text of shown) expect(text).not.toContain('hunter2');
    expect(shown.every((text) => text.includes('[secret]'))).toBe(true);
    expect({ ...secret }).toEqual({ literal: true });
  });

  it('reads the environment, files relative to the configuration, and systemd credentials', () => {
    writeFileSync(join(folder, 'key'), 'from file\n');
    const place = { folder, env: { A: 'from env', CREDENTIALS_DIRECTORY: folder } };
    expect(new Secret({ env: 'A' }, place).reveal()).toBe('from env');
    expect(new Secret({ file: './key' }, place).reveal()).toBe('from file');
    expect(new Secret({ credential: 'key' }, place).reveal()).toBe('from file');
  });

  it('is looked up when it is needed, and once', () => {
    const secret = new Secret({ file: 'late' }, { folder, env: {} });
    writeFileSync(join(folder, 'late'), 'one');
    expect(secret.reveal()).toBe('one');
    writeFileSync(join(folder, 'late'), 'two');
    expect(secret.reveal()).toBe('one');
  });

  it('says where a missing secret was looked for and what to do', () => {
    writeFileSync(join(folder, 'empty'), '\n');
    const place = { folder, env: { EMPTY: '' } };
    expect(() => new Secret({ env: 'NOPE' }, place).reveal()).toThrow(
      /environment variable NOPE is not set; set it/,
    );
    expect(() => new Secret({ env: 'EMPTY' }, place).reveal()).toThrow(/EMPTY is empty/);
    expect(() => new Secret({ file: 'nope' }, place).reveal()).toThrow(
      new RegExp(`secret file ${folder}/nope cannot be read: ENOENT`),
    );
    expect(() => new Secret({ file: 'empty' }, place).reveal()).toThrow(/is empty/);
    expect(() => new Secret({ credential: 'key' }, place).reveal()).toThrow(
      /LoadCredential=key:PATH/,
    );
    expect(() => new Secret({ env: 'NOPE' }, place).reveal()).toThrow(SecretError);
  });

  it('P9: refuses what no request can carry, without repeating it', () => {
    writeFileSync(join(folder, 'two-lines'), 'hunter2\n\n');
    const place = { folder, env: { TAB: 'hunter2\t' } };
    const said = [{ file: 'two-lines' }, { env: 'TAB' }, { literal: 'hunter2\nx' }].map(
      (source) => {
        try {
          return new Secret(source, place).reveal();
        } catch (error) {
          return error instanceof SecretError ? error.message : String(error);
        }
      },
    );
    for (const message of said)
      expect(message).toMatch(
        /has a line end or another control character in it; a secret is one line/,
      );
    expect(said.join()).not.toContain('hunter2');
    expect(said[0]).toContain(`secret file ${folder}/two-lines`);
  });

  it('is found inside settings', () => {
    const secret = new Secret({ literal: 'x' }, { folder, env: {} });
    expect(
      secretsIn({ a: { key: secret }, list: [secret], other: 1 }).map(({ path }) => path.join('.')),
    ).toEqual(['a.key', 'list.0']);
  });
});

describe('lookUp', () => {
  it('reads a secret file again, where reveal keeps what it read', () => {
    writeFileSync(join(folder, 'token'), 'one\n');
    const secret = new Secret({ file: 'token' }, { folder, env: {} });
    expect(secret.reveal()).toBe('one');
    writeFileSync(join(folder, 'token'), 'two\n');
    expect(secret.lookUp()).toBe('two');
    expect(secret.reveal()).toBe('one');
    rmSync(join(folder, 'token'));
    expect(() => secret.lookUp()).toThrow(SecretError);
  });
});
