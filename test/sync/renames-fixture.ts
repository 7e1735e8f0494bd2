import { renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Backend } from '../../src/drivers/backend.js';
import { ObjectInTheWayError } from '../../src/drivers/errors.js';
import {
  type FixtureOptions,
  type MirrorFixture,
  openMirrorFixture,
} from '../world/mirror-in-process.js';

export const signal: AbortSignal = new AbortController().signal;
export const settled = ({ mirror }: MirrorFixture) =>
  mirror.pending.whenEmpty(AbortSignal.timeout(60_000));

/** Storage whose puts and copies fail as `fails` says of the key. */
export function failing(
  fails: (key: string) => Error | undefined,
): NonNullable<FixtureOptions['wrap']> {
  return (backend: Backend): Backend => {
    const refuse = (key: string) => {
      const error = fails(key);
      if (error) throw error;
    };
    const inner = backend.capabilities.copy!;
    const copy: typeof inner = {
      ...inner,
      copyObject: async (from, to, ...rest) => {
        refuse(to.key);
        return inner.copyObject(from, to, ...rest);
      },
    };
    return {
      ...backend,
      capabilities: { ...backend.capabilities, copy },
      putObject: async (ref, ...rest) => {
        refuse(ref.key);
        return backend.putObject(ref, ...rest);
      },
    };
  };
}

export function shortNames(backend: Backend): Backend {
  return {
    ...backend,
    capabilities: {
      ...backend.capabilities,
      limits: { ...backend.capabilities.limits, maxKeyBytes: 200 },
    },
  };
}

/** A mirror of `old` and `kept`, and the rename of a path in its source. */
export async function open(options: FixtureOptions = {}) {
  const fixture = await openMirrorFixture(options);
  fixture.write('old', 'content');
  fixture.write('kept');
  await fixture.run('reconcile');
  const at = (path: string) => join(fixture.mirror.settings.source, path);
  return { ...fixture, at, mv: (from: string, to: string) => renameSync(at(from), at(to)) };
}

/** Watches the container: the contents that some object has, after each change of it. */
export function contentsSeen(seen: Set<string>[]): NonNullable<FixtureOptions['wrap']> {
  return (backend) => {
    const look = async () => {
      const { items } = await backend.listObjects('c', 'p/', {}, { signal });
      seen.push(new Set(items.flatMap(({ checksums }) => checksums.map(({ hex }) => hex))));
    };
    const after = async <T>(change: Promise<T>): Promise<T> => {
      const result = await change;
      await look();
      return result;
    };
    const { copy, batchDelete } = backend.capabilities;
    return {
      ...backend,
      capabilities: {
        ...backend.capabilities,
        copy: copy && { ...copy, copyObject: (...args) => after(copy.copyObject(...args)) },
        batchDelete: batchDelete && {
          ...batchDelete,
          deleteObjects: (...args) => after(batchDelete.deleteObjects(...args)),
        },
      },
      putObject: (...args) => after(backend.putObject(...args)),
      deleteObject: (...args) => after(backend.deleteObject(...args)),
    };
  };
}

/** Storage that keeps objects as files: it cannot hold both `a` and `a/b`. */
export function asFiles(backend: Backend): Backend {
  const { copy } = backend.capabilities;
  async function checkPath(key: string): Promise<void> {
    const { items } = await backend.listObjects('c', '', {}, { signal });
    if (items.some((other) => other.key.startsWith(`${key}/`) || key.startsWith(`${other.key}/`)))
      throw new ObjectInTheWayError(key, 'another object is in its way', { driver: 'memory' });
  }
  return {
    ...backend,
    capabilities: {
      ...backend.capabilities,
      copy: copy && {
        ...copy,
        async copyObject(from, to, ...rest) {
          await checkPath(to.key);
          return copy.copyObject(from, to, ...rest);
        },
      },
    },
    async putObject(ref, ...rest) {
      await checkPath(ref.key);
      return backend.putObject(ref, ...rest);
    },
  };
}
