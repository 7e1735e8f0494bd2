import { createHash } from 'node:crypto';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import type { ObjectInfo } from '../../../src/drivers/call.js';
import { findObject } from '../../../src/drivers/find-object.js';
import { md5Of } from '../../../src/sync/store/content-md5.js';
import { openMirrorFixture } from '../../world/mirror-in-process.js';

const call = { signal: new AbortController().signal };
const md5 = (content: string) => createHash('md5').update(content).digest('hex');

function outcomeOf<T>(settled: PromiseSettledResult<T>): T {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

/** The digest of what a reader gets under the new name. */
async function seenUnder(name: string, backend: Backend): Promise<string | undefined> {
  const info = await findObject(backend, { container: 'c', key: name }, call);
  return info && md5Of(await backend.readObject(info, undefined, call));
}

/** A provider that looks at the source and copies it later: by then, whatever is there, unless it binds the copy to it. */
function withCopies(
  backend: Backend,
  bindsSource: boolean,
  around: (copy: () => Promise<ObjectInfo>) => Promise<ObjectInfo>,
): Backend {
  const inner = backend.capabilities.copy!;
  const copy = {
    bindsSource,
    ifAbsent: false,
    copyObject: ((from, ...rest) =>
      around(() =>
        inner.copyObject(
          bindsSource ? from : { container: from.container, key: from.key },
          ...rest,
        ),
      )) satisfies typeof inner.copyObject,
  };
  return { ...backend, capabilities: { ...backend.capabilities, copy } };
}

describe('P3: rename: a file whose old name has other content by the time of the copy', () => {
  test('is sent, and its new name never has the other content', async () => {
    const seen: (string | undefined)[] = [];
    const { mirror, run, write, objects } = await openMirrorFixture({
      wrap: (backend) =>
        withCopies(backend, true, async (copy) => {
          const options = { contentType: 'text/plain', metaData: {}, headers: {}, checksums: [] };
          await backend.putObject(
            { container: 'c', key: 'p/old' },
            bytesBody(Buffer.from('another')),
            options,
            call,
          );
          const copied = await Promise.allSettled([copy()]);
          seen.push(await seenUnder('p/new', backend));
          return outcomeOf(copied[0]);
        }),
    });
    const file = write('old', 'content');
    write('kept');
    await run('reconcile');
    renameSync(file, join(mirror.settings.source, 'new'));
    expect((await run('scan')).report).toMatchObject({ uploaded: 1, copied: 0 });
    expect(seen).toEqual([undefined]);
    expect(await objects()).toEqual({ 'p/new': 'content', 'p/kept': 'kept' });
  });

  test('keeps that content waiting where the provider cannot bind a copy to its source', async () => {
    const seen: (string | undefined)[] = [];
    const { mirror, run, write, objects } = await openMirrorFixture({
      wrap: (backend) =>
        withCopies(backend, false, async (copy) => {
          write('old', 'another content');
          void mirror.intake.hint('old');
          await expect.poll(() => mirror.pending.has('old')).toBe(true);
          // Its put comes with the same turn, if it does not wait.
          for (let turn = 0; turn < 10; turn += 1)
            await new Promise((resolve) => setImmediate(resolve));
          const copied = await Promise.allSettled([copy()]);
          seen.push(await seenUnder('p/new', backend));
          return outcomeOf(copied[0]);
        }),
    });
    const file = write('old', 'content');
    write('kept');
    await run('reconcile');
    renameSync(file, join(mirror.settings.source, 'new'));
    await mirror.intake.hint('new');
    await mirror.pending.whenEmpty(call.signal);
    expect(seen).toEqual([md5('content')]);
    expect(await objects()).toEqual({
      'p/new': 'content',
      'p/old': 'another content',
      'p/kept': 'kept',
    });
  });
});
