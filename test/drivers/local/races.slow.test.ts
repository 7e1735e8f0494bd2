import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../world/folder.js';
import { call, contentOf, put } from '../conformance/fixture.js';
import { afterwards, CONTAINER, openBox, ref } from './fixture.js';

const module = (file: string): string =>
  JSON.stringify(new URL(`../../../src/drivers/${file}.js`, import.meta.url).href);

/** Runs a script in a process of its own, with `backend`, `put`, `read` and `CONTAINER` at hand. Resolves with what it printed. */
async function runElsewhere(root: string, script: string): Promise<string> {
  const file = join(temporaryFolder(), 'script.mjs');
  writeFileSync(
    file,
    `import { localBackend } from ${module('local/backend')};
     import { bytesBody } from ${module('body')};
     const backend = localBackend({ root: ${JSON.stringify(root)} });
     const call = { signal: new AbortController().signal };
     const plain = { contentType: 'text/plain', metaData: {}, headers: {}, checksums: [] };
     const put = (key, text, precondition) =>
       backend.putObject({ container: '${CONTAINER}', key }, bytesBody(Buffer.from(text)), { ...plain, precondition }, call);
     async function read(key) {
       let text = '';
       for await (const chunk of await backend.readObject({ container: '${CONTAINER}', key }, undefined, call)) text += Buffer.from(chunk);
       return text;
     }
     ${script}
     await backend.close();`,
  );
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  afterwards(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  return output;
}

it('local: one of the writers with ifAbsent in three processes wins each object', async () => {
  const { backend, root } = await openBox();
  const script = `
    for (let i = 0; i < 40; i += 1) {
      const outcomes = await Promise.allSettled([1, 2, 3].map((n) => put('object ' + i, process.pid + ' ' + n, { ifAbsent: true })));
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') console.log(i);
        else if (outcome.reason.name !== 'PreconditionFailedError') throw outcome.reason;
      }
    }`;
  const winners = (await Promise.all([1, 2, 3].map(() => runElsewhere(root, script)))).flatMap(
    (output) => output.match(/\d+/g) ?? [],
  );
  expect(winners.map(Number).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 40 }, (_, i) => i),
  );
  expect(await contentOf(backend, ref('object 0'))).toMatch(/^\d+ [123]$/);
});

it('local: ifMatch loses no update of another process', async () => {
  const { backend, root } = await openBox();
  await put(backend, ref('counter'), '0');
  const script = `
    for (let done = 0; done < 25; ) {
      const { extra } = await backend.headObject({ container: '${CONTAINER}', key: 'counter' }, call);
      const next = String(Number(await read('counter')) + 1);
      try {
        await put('counter', next, { ifMatch: extra.etag });
        done += 1;
      } catch (error) {
        if (error.name !== 'PreconditionFailedError') throw error;
      }
    }`;
  await Promise.all([1, 2, 3].map(() => runElsewhere(root, script)));
  expect(await contentOf(backend, ref('counter'))).toBe('75');
  expect((await backend.headObject(ref('counter'), call)).checksums).toHaveLength(1);
});
