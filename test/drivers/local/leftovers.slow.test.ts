import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import { bookkeepingPut } from '../../../src/drivers/bookkeeping.js';
import type { Body } from '../../../src/drivers/call.js';
import { fileBody } from '../../../src/drivers/file-body.js';
import { localBackend } from '../../../src/drivers/local/backend.js';
import { temporaryFolder } from '../../world/folder.js';

const call = { signal: new AbortController().signal };

/** Files that wait to become objects, of all processes. */
function incoming(root: string): readonly string[] {
  const folder = join(root, '.longshore/incoming');
  return readdirSync(folder).flatMap((own) => readdirSync(join(folder, own)));
}

function endlessBody(): Body {
  return {
    size: undefined,
    replayable: false,
    async *open() {
      for (;;) yield Buffer.alloc(64 * 1024);
    },
  };
}

/** A backend that has stored an object, and so has a folder for what is to become one. */
async function openWithObject(root: string) {
  const backend = localBackend({ root, fsync: false });
  await backend.createContainer('c', call);
  const ref = { container: 'c', key: 'first' };
  await backend.putObject(ref, bytesBody(Buffer.from('x')), bookkeepingPut(), call);
  return backend;
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await nextTurn();
}

test('local: a streamed put that is aborted while it begins leaves no temporary file', async () => {
  const root = temporaryFolder();
  const backend = await openWithObject(root);
  const puts = Array.from({ length: 100 }, async (_, at) => {
    const stop = new AbortController();
    const put = backend.putObject(
      { container: 'c', key: `${at}` },
      endlessBody(),
      bookkeepingPut(),
      {
        signal: stop.signal,
      },
    );
    void turns(at % 10).then(() => stop.abort(new Error('not wanted')));
    await expect(put).rejects.toThrow('not wanted');
  });
  await Promise.all(puts);
  await backend.headContainer('c', call); // after all that was asked before
  expect(incoming(root)).toEqual([]);
  await backend.close();
});

test('local: only its own user comes to files that are not objects yet', async () => {
  const root = temporaryFolder();
  const backend = await openWithObject(root);
  const folder = join(root, '.longshore/incoming');
  const [own = ''] = readdirSync(folder);
  expect(lstatSync(join(folder, own)).mode & 0o777).toBe(0o700);
  await backend.close();
});

test('local: a large file that waits for a thread when the driver is closed is refused as that', async () => {
  const root = temporaryFolder();
  const source = temporaryFolder();
  mkdirSync(join(root, 'c'));
  const backend = localBackend({ root, fsync: false });
  const puts = Array.from({ length: 6 }, async (_, at) => {
    const path = join(source, `${at}`);
    writeFileSync(path, Buffer.alloc(32 * 1024 * 1024, at));
    const ref = { container: 'c', key: `${at}` };
    const body = await fileBody(path, { ref, driver: 'local' });
    return backend.putObject(ref, body, bookkeepingPut(), call);
  });
  const outcomes = Promise.allSettled(puts);
  await expect.poll(() => incoming(root).length).toBeGreaterThan(0);
  await backend.close();
  const reasons = (await outcomes).filter(({ status }) => status === 'rejected');
  expect(reasons.length).toBeGreaterThan(0);
  for (const outcome of reasons)
    expect(String((outcome as PromiseRejectedResult).reason)).toMatch(/closed|has ended/);
});
