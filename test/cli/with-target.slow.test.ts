import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Console, openConsole, writeConfig } from './console.js';

let console: Console;
beforeEach(() => {
  console = openConsole({ stdin: Readable.from([Buffer.from('from a '), Buffer.from('pipe')]) });
  writeConfig(
    console.folder,
    `
targets: { vault: { driver: local, root: ./containers } }
mirrors: [{ name: a, source: ./data, target: vault, container: a }]
`,
  );
  writeFileSync(join(console.folder, 'letter.txt'), 'dear');
});
afterEach(() => console.remove());

let seen = { out: 0, err: 0 };
beforeEach(() => {
  seen = { out: 0, err: 0 };
});

/** What one command prints, with its exit code first. */
async function command(...argv: string[]): Promise<string> {
  const code = await console.run(argv);
  const [out, err] = [console.stdout.text().slice(seen.out), console.stderr.text().slice(seen.err)];
  seen = { out: console.stdout.text().length, err: console.stderr.text().length };
  return `${code} ${out}${err}`;
}

describe('containers by hand', () => {
  it('are made, listed, published and removed', async () => {
    expect(await command('container', 'ls', 'vault')).toBe('0 ');
    expect(await command('container', 'create', 'vault', 'box')).toBe('0 created box\n');
    expect(await command('container', 'create', 'vault', 'box')).toMatch(
      /^1 longshore: container "box" already exists/,
    );
    expect(await command('container', 'ls', 'vault')).toBe('0 box\n');
    expect(
      JSON.parse((await command('container', 'ls', 'vault', '--json')).slice(2)),
    ).toMatchObject({ name: 'box' });
    expect(await command('container', 'cdn', 'vault', 'box')).toMatch(
      /^0 file:\/\/\S*\/containers\/box\/?\n$/,
    );
    expect(await command('object', 'put', 'vault', 'box', 'letter.txt')).toMatch(
      /^0 put letter\.txt/,
    );
    expect(await command('container', 'rm', 'vault', 'box')).toMatch(
      /^1 longshore: container "box" is not empty/,
    );
    expect(await command('object', 'rm', 'vault', 'box', 'letter.txt')).toBe(
      '0 removed letter.txt\n',
    );
    expect(await command('container', 'rm', 'vault', 'box')).toBe('0 removed box\n');
    expect(await command('container', 'rm', 'vault', 'box')).toMatch(
      /^1 longshore: container "box" does not exist/,
    );
  });
});

describe('objects by hand', () => {
  beforeEach(async () => {
    await command('container', 'create', 'vault', 'box');
  });

  it('are stored from files and from a pipe', async () => {
    expect(await command('object', 'put', 'vault', 'box', 'letter.txt', 'a/letter')).toMatch(
      /^0 put a\/letter \(4 bytes, md5 [0-9a-f]{32}\)\n$/,
    );
    expect(await command('object', 'put', 'vault', 'box', '-', 'piped')).toMatch(
      /^0 put piped \(11 bytes/,
    );
    expect(await command('object', 'get', 'vault', 'box', 'piped', '-')).toBe('0 from a pipe');
    expect(await command('object', 'put', 'vault', 'box', '-')).toMatch(
      /^2 longshore: an object that comes from stdin needs a name/,
    );
    expect(await command('object', 'put', 'vault', 'box', 'nope.txt')).toMatch(
      /^1 longshore: .*nope\.txt/,
    );
    expect(await command('object', 'put', 'vault', 'nobox', 'letter.txt')).toMatch(
      /^1 longshore: container "nobox" does not exist/,
    );
  });

  it('are listed, names made safe for terminals', async () => {
    for (const name of ['a/letter', 'b', 'c\u001b[2J'])
      await command('object', 'put', 'vault', 'box', 'letter.txt', name);
    expect(await command('object', 'ls', 'vault', 'box')).toMatch(
      /^0 +4 {2}20\S+Z {2}a\/letter\n +4 {2}20\S+Z {2}b\n +4 {2}20\S+Z {2}"c\\u001b\[2J"\n$/,
    );
    expect(await command('object', 'ls', 'vault', 'box', 'x')).toBe('0 ');
    expect(
      JSON.parse((await command('object', 'ls', 'vault', 'box', 'a/', '--json')).slice(2)),
    ).toMatchObject({
      name: 'a/letter',
      size: 4,
    });
    expect(await command('object', 'url', 'vault', 'box', 'b')).toBe(
      `0 file://${console.folder}/containers/box/b\n`,
    );
  });

  it('are fetched into files, which are overwritten only by force', async () => {
    mkdirSync(join(console.folder, 'out'));
    await command('object', 'put', 'vault', 'box', 'letter.txt', 'a/letter');
    expect(await command('object', 'get', 'vault', 'box', 'a/letter')).toMatch(
      /^0 got a\/letter \(4 bytes\) to \//,
    );
    expect(readFileSync(join(console.folder, 'letter'), 'utf8')).toBe('dear');
    writeFileSync(join(console.folder, 'letter'), 'mine');
    expect(await command('object', 'get', 'vault', 'box', 'a/letter')).toBe(
      `1 longshore: ${console.folder}/letter exists, and stays unchanged; --force overwrites it\n`,
    );
    expect(readFileSync(join(console.folder, 'letter'), 'utf8')).toBe('mine');
    expect(await command('object', 'get', 'vault', 'box', 'a/letter', '--force')).toMatch(/^0 got/);
    expect(readFileSync(join(console.folder, 'letter'), 'utf8')).toBe('dear');
    expect(await command('object', 'get', 'vault', 'box', 'a/letter', 'out')).toMatch(/^0 got/);
    expect(readFileSync(join(console.folder, 'out/a/letter'), 'utf8')).toBe('dear');
    const missing = 'does not exist; create the folder first\n';
    expect(await command('object', 'get', 'vault', 'box', 'a/letter', 'no/letter')).toBe(
      `1 longshore: ${console.folder}/no ${missing}`,
    );
    expect(await command('object', 'get', 'vault', 'box', 'a/letter', 'no/')).toBe(
      `1 longshore: object "a/letter" was not downloaded: "${console.folder}/no/" ${missing}`,
    );
    expect(await command('object', 'get', 'vault', 'box', 'nope')).toMatch(
      /^1 longshore: object "nope" does not exist/,
    );
  });

  it('are removed one after the other; a missing one is an error', async () => {
    for (const name of ['a', 'b'])
      await command('object', 'put', 'vault', 'box', 'letter.txt', name);
    expect(await command('object', 'rm', 'vault', 'box', 'a', 'nope', 'b')).toMatch(
      /^1 removed a\nlongshore: object "nope" does not exist/,
    );
    expect(await command('object', 'ls', 'vault', 'box')).toMatch(/^0 .* b\n$/);
  });

  it('of a target that is not in the configuration are a usage error', async () => {
    expect(await command('object', 'ls', 'valt', 'box')).toMatch(
      /^2 longshore: no target is called "valt"; did you mean "vault"\?\n {2}targets: vault\n/,
    );
  });
});

it('S3 target without a profile: detects its provider by an unsigned request before anything else', async () => {
  const asked: string[] = [];
  const provider = createServer(({ method, url, headers }, response) => {
    asked.push(`${method} ${url} ${headers.authorization === undefined ? 'unsigned' : 'signed'}`);
    response.writeHead(403, { server: 'MinIO' }).end();
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const { port } = provider.address() as AddressInfo;
  writeConfig(
    console.folder,
    `
targets: { cloud: { driver: s3, profile: auto, host: 127.0.0.1, port: ${port}, secure: false, region: r, key: a, secret: b } }
mirrors: [{ name: a, source: ./data, target: cloud, container: a }]
`,
  );
  try {
    expect(await command('container', 'ls', 'cloud')).toMatch(/^6 longshore: /);
    expect(asked).toEqual(['GET / unsigned', 'GET / signed']);
  } finally {
    provider.closeAllConnections();
    provider.close();
  }
});
