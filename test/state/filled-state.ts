import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import type { Logger } from '../../src/log.js';
import type { MirrorStore } from '../../src/state/open-mirror.js';
import { openState, type State } from '../../src/state/open-state.js';
import { temporaryFolder } from '../world/folder.js';
import { record } from './fixtures.js';

type Runtime = 'lmdb' | 'lowdb';

export const opened = (
  folder: string,
  engine: Runtime = 'lmdb',
  { place, ...more }: { place?: string; log?: Logger; signal?: AbortSignal } = {},
) =>
  openState({
    folder,
    mirrors: [{ name: 'documents', engine, place }],
    clock: systemClock,
    ...more,
  });

export function documents(state: State): MirrorStore {
  const mirror = state.mirrors.get('documents');
  if (mirror === undefined) throw new Error('no mirror');
  return mirror;
}

/** A state folder with some records and a finished reconcile. */
export async function filled(
  engine: Runtime,
  records = 3_000,
): Promise<{ folder: string; mirror: string; index: string; ledger: string }> {
  const folder = join(temporaryFolder(), 'state');
  const state = await opened(folder, engine);
  const { index, ledger } = documents(state);
  await Promise.all(
    Array.from({ length: records }, (_, at) =>
      index.put(`file ${at}`, record({ inode: BigInt(at) })),
    ),
  );
  await ledger.update((document) => ({
    ...document,
    reconciled: true,
    source: { device: '1', inode: '2' },
  }));
  await state.close();
  const mirror = join(folder, 'mirrors', 'documents');
  return {
    folder,
    mirror,
    index: join(mirror, engine === 'lmdb' ? 'index.mdb' : 'index.json'),
    ledger: join(mirror, 'ledger.json'),
  };
}

export async function overwrite(file: string, at: number, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.write(bytes, 0, bytes.length, at);
  await handle.close();
}

export async function flipBits(file: string, at: number): Promise<void> {
  const bytes = await readFile(file);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
  await writeFile(file, bytes);
}

export const setAsideIn = async (folder: string) =>
  (await readdir(folder)).filter((name) => name.includes('.damaged-'));
