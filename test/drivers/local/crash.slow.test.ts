import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../world/folder.js';
import { call, contentOf, listAll, put, randomContent, readAll } from '../conformance/fixture.js';
import { afterwards, CONTAINER, openBox, openLocal, ref, unfinished } from './fixture.js';

/** Puts objects of many sizes without end, over each other, and prints the name of each when its put has resolved. */
const WRITER = (root: string): string => `
  import { localBackend } from ${JSON.stringify(new URL('../../../src/drivers/local/backend.js', import.meta.url).href)};
  const backend = localBackend({ root: ${JSON.stringify(root)} });
  const call = { signal: new AbortController().signal };
  const options = { contentType: 'text/plain', metaData: { mtime: '1700000000' }, headers: {}, checksums: [] };
  async function write(writer) {
    for (let round = 0; ; round += 1) {
      const size = [1, 4096, 300_000, 2_500_000][(writer + round) % 4];
      const bytes = Buffer.alloc(size, String.fromCharCode(97 + (round % 26)));
      const body = { size, replayable: true, async *open() { for (let at = 0; at < size; at += 65_536) yield bytes.subarray(at, at + 65_536); } };
      const key = 'folder ' + (round % 7) + '/object ' + writer;
      await backend.putObject({ container: '${CONTAINER}', key }, body, options, call);
      console.log(key);
    }
  }
  await Promise.all(Array.from({ length: 16 }, (_, writer) => write(writer)));
`;

function startWriter(root: string): ChildProcess {
  const file = join(temporaryFolder(), 'writer.mjs');
  writeFileSync(file, WRITER(root));
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  afterwards(() => void child.kill('SIGKILL'));
  return child;
}

it('P5: kill -9 in the middle of puts leaves whole objects only, all that were confirmed, and no rubbish', async () => {
  const { backend, root, box } = await openBox();
  await backend.close();
  for (let round = 0; round < 4; round += 1) {
    const child = startWriter(root);
    const confirmed = new Set<string>();
    for await (const line of createInterface({ input: child.stdout! })) {
      confirmed.add(line);
      if (confirmed.size === 10 + 7 * round) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');

    const next = openLocal({ root });
    const listed = new Map((await listAll(next, CONTAINER)).map((info) => [info.key, info]));
    for (const key of confirmed) expect(listed.has(key), key).toBe(true);
    for (const [key, { size }] of listed) {
      const content = readFileSync(join(box, key));
      expect([1, 4096, 300_000, 2_500_000]).toContain(content.length);
      expect(size).toBe(content.length);
      expect(
        content.equals(Buffer.alloc(content.length, content[0])),
        `${key} is of one version`,
      ).toBe(true);
    }
    await put(next, ref('after'), 'x');
    expect(unfinished(root)).toEqual([]);
    await next.deleteObject(ref('after'), call);
    await next.close();
    expect(readdirSync(join(root, '.longshore/incoming'))).toEqual([]);
  }
});

it('P3: who reads while an object is overwritten a hundred times sees only whole versions', async () => {
  const { backend, root } = await openBox();
  const reader = openLocal({ root });
  const version = (i: number): Buffer => Buffer.alloc(200_000 + 1000 * i, `version ${i} `);
  await put(backend, ref('busy'), version(0));
  let writing = true;
  const writer = (async () => {
    for (let i = 1; i <= 100; i += 1) await put(backend, ref('busy'), version(i));
    writing = false;
  })();
  let seen = 0;
  while (writing) {
    const found = await readAll(await reader.readObject(ref('busy'), undefined, call));
    const i = (found.length - 200_000) / 1000;
    expect(found.equals(version(i)), `${found.length} bytes`).toBe(true);
    const { size, checksums } = await reader.headObject(ref('busy'), call);
    expect(checksums).toHaveLength(1);
    expect((size - 200_000) / 1000).toBeGreaterThanOrEqual(i);
    seen += 1;
  }
  await writer;
  expect(seen).toBeGreaterThan(0);
});

it('another process sees each object, with its digest, as soon as its put has resolved', async () => {
  const { backend, root } = await openBox();
  const child = startWriter(root);
  let seen = 0;
  for await (const key of createInterface({ input: child.stdout! })) {
    expect((await backend.headObject(ref(key), call)).checksums, key).toHaveLength(1);
    seen += 1;
    if (seen === 40) child.kill('SIGKILL');
  }
  expect(seen).toBeGreaterThanOrEqual(40);
});

it('G6: of puts that are aborted at any moment, each is made whole or not at all', async () => {
  const { backend, root } = await openBox();
  const content = randomContent(1000);
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      const stop = new AbortController();
      const body = { size: 1000, replayable: true, bytes: content, open: async function* () {} };
      const options = { contentType: 'text/plain', metaData: {}, headers: {}, checksums: [] };
      const putting = backend.putObject(ref(`object ${i}`), body, options, { signal: stop.signal });
      const settled = putting.then(
        () => true,
        () => false,
      );
      for (let turns = 0; turns < i % 20; turns += 1) await new Promise(setImmediate);
      stop.abort(new Error('enough'));
      return settled;
    }),
  );
  const listed = new Set((await listAll(backend, CONTAINER)).map(({ key }) => key));
  outcomes.forEach((made, i) => {
    expect(listed.has(`object ${i}`), `object ${i}`).toBe(made);
  });
  for (const key of listed) expect(await contentOf(backend, ref(key))).toBe(content.toString());
  await put(backend, ref('last'), 'x'); // behind all that was aborted
  expect(unfinished(root)).toEqual([]);
});
