import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import type { GuardRule } from '../../../src/sync/guard-rule.js';
import { openMirrorFixture } from '../../world/mirror-in-process.js';

const FILES = 450;
const MAX_KEYS = 150;
const lenient: GuardRule = { count: 1_000, share: 1, atLeast: 0, windowMs: 3_600_000 };

test.each([
  ['without a guard', undefined],
  ['with a guard that lets them pass', lenient],
])('deletes of a folder %s: fill the requests of a provider', async (_, guard) => {
  const requests: number[] = [];
  const wrap = (backend: Backend): Backend => {
    const { batchDelete } = backend.capabilities;
    if (batchDelete === undefined) throw new Error('the backend in memory has no batch delete');
    const { deleteObjects } = batchDelete;
    const limited: typeof batchDelete = {
      maxKeys: MAX_KEYS,
      deleteObjects(container, keys, call) {
        requests.push(keys.length);
        return deleteObjects(container, keys, call);
      },
    };
    return { ...backend, capabilities: { ...backend.capabilities, batchDelete: limited } };
  };
  const { run, write, mirror, objects } = await openMirrorFixture({ mirror: { guard }, wrap });
  for (let at = 0; at < FILES; at += 1) write(`folder/${at}`);
  write('kept');
  await run('reconcile');
  rmSync(join(mirror.settings.source, 'folder'), { recursive: true });
  expect((await run('scan')).report).toMatchObject({ deleted: FILES, failed: 0, held: 0 });
  expect(await objects()).toEqual({ 'p/kept': 'kept' });
  expect(requests).toEqual(Array.from({ length: FILES / MAX_KEYS }, () => MAX_KEYS));
});
