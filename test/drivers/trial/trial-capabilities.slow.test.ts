import { expect, test } from 'vitest';
import { checkSource } from '../../../src/drivers/copy-source.js';
import {
  PreconditionFailedError,
  StorageError,
  TargetUnavailableError,
} from '../../../src/drivers/errors.js';
import { onlyThePrecious, PREFIX, tried } from './trial-fixture.js';

test('probe: reports a store that refuses every If-Match, and what that means for the lease', async () => {
  const { failed, problems, results } = await tried((sound) => ({
    async putObject(ref, body, options, given) {
      if (options.precondition !== undefined && 'ifMatch' in options.precondition)
        throw new PreconditionFailedError(ref.key, 'is not what the condition says', {
          driver: 'memory',
        });
      return sound.putObject(ref, body, options, given);
    },
  }));
  expect(failed).toEqual(['conditional replace']);
  expect(problems).toMatch(
    /a put for which this version must be there was refused, although it was/,
  );
  expect(results.find(({ id }) => id === 'conditional replace')?.meaning).toMatch(
    /lease of a place is renewed and released without a condition/,
  );
});

test('probe: reports a capability that is only declared', async () => {
  const { failed, problems } = await tried((sound) => ({
    putObject: (ref, body, { checksums: _, precondition: __, ...options }, given) =>
      sound.putObject(ref, body, { ...options, checksums: [], metaData: {} }, given),
    capabilities: {
      ...sound.capabilities,
      batchPut: {
        maxObjects: 1000,
        maxBytes: 1000,
        putObjects: async (_, objects) => objects.map(({ md5 }) => ({ stored: { md5 } })),
      },
      batchDelete: { maxKeys: 1000, deleteObjects: async () => new Map() },
    },
  }));
  expect(failed).toEqual([
    'checksums',
    'metadata',
    'preconditions',
    'conditional replace',
    'batch put',
    'batch delete',
  ]);
  expect(problems).toContain('bytes with a wrong md5 were stored');
  expect(problems).toContain('mtime "1700000000.123456789" came back not at all');
  expect(problems).toContain('a put for which nothing may be there was stored');
});

test('probe: reports a store that copies another source than the expected one, also where it checks before', async () => {
  const unbound = (looks: boolean) =>
    tried((sound) => {
      const copy = sound.capabilities.copy!;
      const copyObject: typeof copy.copyObject = async (
        { expected, ...from },
        to,
        replace,
        given,
      ) => {
        if (looks)
          checkSource(
            await sound.headObject(from, given),
            { ...from, ...(expected && { expected }) },
            'memory',
          );
        await new Promise((resolve) => setImmediate(resolve)); // puts come in between
        return copy.copyObject(from, to, replace, given);
      };
      return { capabilities: { ...sound.capabilities, copy: { ...copy, copyObject } } };
    });
  const blind = await unbound(false);
  expect(blind).toMatchObject({ failed: ['bound copy'], ...onlyThePrecious });
  expect(blind.problems).toContain('another object was copied');
  const late = await unbound(true);
  expect(late).toMatchObject({
    failed: ['bound copy'],
    problems: expect.stringContaining('was copied instead'),
    ...onlyThePrecious,
  });
});

test('probe: names the objects that it could not remove', async () => {
  const { left, failure } = await tried((sound) => ({
    deleteObject: async (ref, given) => {
      if (ref.key.endsWith('/metadata/dated'))
        throw new StorageError('locked until 2030', { driver: 'memory' });
      await sound.deleteObject(ref, given);
    },
  }));
  expect(failure).toBeUndefined();
  expect(left).toEqual([
    `${PREFIX}metadata/dated: locked until 2030`,
    `${PREFIX}metadata/dated: is still listed`,
  ]);
});

test('probe: removes its objects when it is stopped, also in the middle of an upload', async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const { failure, results, ...rest } = await tried(
    (sound) => ({
      capabilities: {
        ...sound.capabilities,
        multipart: sound.capabilities.multipart && {
          ...sound.capabilities.multipart,
          async uploadPart(...args) {
            const part = await sound.capabilities.multipart?.uploadPart(...args);
            stop.abort(reason);
            stop.signal.throwIfAborted();
            return part as never;
          },
        },
      },
    }),
    stop.signal,
  );
  expect(failure).toBe(reason);
  expect(results.map(({ id }) => id)).toContain('batch delete');
  expect(rest).toMatchObject({ uploads: [], ...onlyThePrecious });
});

test('probe: ends when the target is lost, and does not begin without its container', async () => {
  const lost = new TargetUnavailableError('no route', { driver: 'memory' });
  const gone = await tried((sound) => ({
    headObject: async (ref, given) => {
      if (ref.key.includes('/G5/')) throw lost;
      return sound.headObject(ref, given);
    },
  }));
  expect(gone.failure).toBe(lost);
  expect(gone.results.map(({ id }) => id)).toEqual(['G1', 'G2', 'G3', 'G4']);
  const closed = await tried(() => ({
    headContainer: async () => {
      throw lost;
    },
  }));
  expect(closed).toMatchObject({
    failure: lost,
    results: [],
    left: undefined,
    kept: ['mirror/file'],
  });
});
