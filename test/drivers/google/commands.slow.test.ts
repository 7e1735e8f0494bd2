import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type FakeGoogle, startFakeGoogle } from '../../fakes/google/server.js';
import { openWorkspace } from '../../world/workspace.js';
import { listKeys, randomContent } from '../conformance/fixture.js';
import { keyFile, openFake } from './open.js';

const MIB = 2 ** 20;
const FILES = {
  'a.txt': randomContent(1000),
  'folder/é %.bin': randomContent(70_000),
  empty: Buffer.alloc(0),
  'large.bin': randomContent(17 * MIB + 5),
};

let fake: FakeGoogle;

beforeEach(async () => {
  fake = await startFakeGoogle();
  return () => fake.close();
});

function configuration(uploads: string): string {
  const target = {
    driver: 'google_storage',
    host: fake.host,
    port: fake.port,
    secure: false,
    project: 'p',
    credentials_file: keyFile(fake),
    uploads,
    multipart_threshold: '6MiB',
  };
  const mirror = { name: 'a', source: './data', target: 'vault', container: 'photos', prefix: 'x' };
  return JSON.stringify({ state: './state', targets: { vault: target }, mirrors: [mirror] });
}

describe.each(['multipart', 'resumable'])('longshore over Google, with uploads %s', (uploads) => {
  it('probes, mirrors, verifies and restores', async () => {
    const workspace = openWorkspace('google');
    writeFileSync(join(workspace.folder, 'longshore.yaml'), configuration(uploads));
    const run = async (...words: readonly string[]) => {
      const { code, stdout, stderr } = await workspace.start(words).finished;
      expect(code, `${words.join(' ')}: ${stderr}`).toBe(0);
      return stdout;
    };
    const data = join(workspace.folder, 'data');
    mkdirSync(data);
    await run('container', 'create', 'vault', 'photos');
    expect(await run('probe', 'vault')).toContain('vault gives all six guarantees');

    mkdirSync(join(data, 'folder'), { recursive: true });
    for (const [name, content] of Object.entries(FILES)) {
      writeFileSync(join(data, name), content);
      utimesSync(join(data, name), 1_600_000_000, 1_600_000_000);
    }
    await run('--reconcile');
    const backend = openFake(fake);
    const keys = (await listKeys(backend, 'photos')).filter((key) => !key.includes('.longshore/'));
    expect(keys).toEqual(['x/a.txt', 'x/empty', 'x/folder/é %.bin', 'x/large.bin']);
    await backend.close();

    await run('verify', 'a');
    await run('--reconcile', '--dry-run');
    await run('restore', 'a', '--to', 'restored');
    for (const [name, content] of Object.entries(FILES)) {
      const file = join(workspace.folder, 'restored', name);
      expect(readFileSync(file).equals(content), name).toBe(true);
      expect(statSync(file).mtimeMs).toBe(1_600_000_000_000);
    }

    rmSync(join(data, 'a.txt'));
    await run('--reconcile');
    expect(fake.rules.store.bucket('photos').objects.has('x/a.txt')).toBe(false);
  });
});
