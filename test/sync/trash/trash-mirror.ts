import { createHash } from 'node:crypto';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import { StorageError } from '../../../src/drivers/errors.js';
import { readTrashed } from '../../../src/sync/trash/trash-name.js';
import {
  type FixtureOptions,
  type MirrorFixture,
  openMirrorFixture,
} from '../../world/mirror-in-process.js';

export const signal: AbortSignal = new AbortController().signal;
export const TRASH = 'p/.longshore/trash/';
export const broken = new StorageError('503 from the provider', {
  driver: 'memory',
  retry: 'backoff',
});

export function openFixture({ mirror, ...options }: FixtureOptions = {}): Promise<MirrorFixture> {
  return openMirrorFixture({ ...options, mirror: { deletes: 'trash', ...mirror } });
}

/** `name: content` of all that is in the trash, in order of names. */
export async function trashed({ objects }: MirrorFixture): Promise<string[]> {
  return Object.entries(await objects())
    .filter(([key]) => key.startsWith(TRASH))
    .map(([key, content]) => `${readTrashed(key.slice(TRASH.length))?.name}: ${content}`)
    .sort();
}

export async function live({ objects }: MirrorFixture): Promise<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(await objects()).filter(([key]) => !key.startsWith(TRASH)),
  );
}

export async function put(storage: Backend, key: string, content: string): Promise<void> {
  const options = {
    contentType: 'text/x-mine',
    metaData: { note: 'kept' },
    headers: {},
    checksums: [],
  };
  await storage.putObject({ container: 'c', key }, bytesBody(Buffer.from(content)), options, {
    signal,
  });
}

/** Like a store whose ETags are no digests. */
export function withoutDigests(backend: Backend): Backend {
  const { copy } = backend.capabilities;
  const opaque = (etag: unknown, key: string) =>
    createHash('sha1')
      .update(`${key}${String(etag)}`)
      .digest('hex');
  const hide = <
    T extends { checksums: unknown; extra: Readonly<Record<string, unknown>>; key: string },
  >(
    info: T,
  ): T => ({
    ...info,
    checksums: [],
    extra: { ...info.extra, etag: opaque(info.extra['etag'], info.key) },
  });
  return {
    ...backend,
    headObject: async (...args) => hide(await backend.headObject(...args)),
    putObject: async (...args) => hide(await backend.putObject(...args)),
    listObjects: async (...args) => {
      const page = await backend.listObjects(...args);
      return { ...page, items: page.items.map(hide) };
    },
    capabilities: {
      ...backend.capabilities,
      copy: { ...copy!, copyObject: async (...args) => hide(await copy!.copyObject(...args)) },
    },
  };
}
