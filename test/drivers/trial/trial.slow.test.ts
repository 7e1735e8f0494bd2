import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import type { Body, ObjectInfo, ObjectRef } from '../../../src/drivers/call.js';
import { checkSource } from '../../../src/drivers/copy-source.js';
import {
  ObjectDoesNotExistError,
  PreconditionFailedError,
  StorageError,
  TargetUnavailableError,
} from '../../../src/drivers/errors.js';
import { memoryBackend } from '../../../src/drivers/memory/backend.js';
import type { TrialResult } from '../../../src/drivers/trial/trial.js';
import { tryBackend } from '../../../src/drivers/trial/try-backend.js';
import { untilAborted } from '../../../src/signal.js';
import { call, listKeys, plain, put } from '../conformance/fixture.js';

const CONTAINER = 'box';
const PREFIX = 'mirror/.longshore/probe-1/';

/** Tries a faulty version of a store in memory that holds an object of another program already. */
async function tried(
  makeFaulty: (sound: Backend) => Partial<Backend>,
  signal = call.signal,
  seen: (result: TrialResult) => void = () => {},
) {
  const sound = memoryBackend();
  await sound.createContainer(CONTAINER, call);
  await put(sound, { container: CONTAINER, key: 'mirror/file' }, 'precious');
  const results: TrialResult[] = [];
  let left: readonly string[] | undefined;
  const report = (result: TrialResult) => {
    results.push(result);
    seen(result);
  };
  const cleaned = (kept: readonly string[]) => {
    left = kept;
  };
  const faulty = { ...sound, ...makeFaulty(sound) };
  const failure = await tryBackend(
    faulty,
    { container: CONTAINER, prefix: PREFIX, clock: systemClock, report, cleaned },
    { signal },
  ).catch((error: unknown) => error);
  const failed = results.filter(({ verdict }) => verdict === 'failed');
  return {
    results,
    failed: failed.map(({ id }) => id),
    problems: failed.flatMap(({ problems }) => problems).join('\n'),
    left,
    failure,
    kept: await listKeys(sound, CONTAINER),
    uploads: await sound.capabilities.multipart?.unfinished(CONTAINER, '', call),
  };
}

const onlyThePrecious = { left: [], kept: ['mirror/file'] };

test('probe: a sound store passes, and keeps no object of the trials', async () => {
  const outcome = await tried(() => ({}));
  expect(outcome).toMatchObject({
    failed: [],
    failure: undefined,
    uploads: [],
    ...onlyThePrecious,
  });
  expect(outcome.results.map(({ id }) => id)).toEqual([
    ...['G1', 'G2', 'G3', 'G4', 'G5', 'G6'],
    ...[
      'checksums',
      'digests',
      'metadata',
      'preconditions',
      'conditional replace',
      'copy',
      'bound copy',
      'batch put',
      'batch delete',
      'multipart',
    ],
  ]);
  expect(
    outcome.results
      .filter(({ verdict }) => verdict === 'absent')
      .every(({ meaning }) => meaning !== ''),
  ).toBe(true);
});

test('G1: probe: reports a store whose listings are late, and how late they are', async () => {
  const looks = new Map<string, number>();
  const { failed, problems, ...rest } = await tried((sound) => ({
    async listObjects(...args) {
      const page = await sound.listObjects(...args);
      const late = ({ key }: ObjectInfo) => {
        if (!key.includes('/G1/')) return false;
        looks.set(key, (looks.get(key) ?? 0) + 1);
        return looks.get(key) === 1;
      };
      return { ...page, items: page.items.filter((item) => !late(item)) };
    },
  }));
  expect(failed).toEqual(['G1']);
  expect(problems).toMatch(
    /^after a put: the listing does not have the object; right after 0\.\d s$/m,
  );
  expect(rest).toMatchObject(onlyThePrecious);
});

test('G2: probe: reports a store that keeps the beginning of a failed put', async () => {
  const { failed, problems, ...rest } = await tried((sound) => ({
    async putObject(ref, body, options, given) {
      const whole = await readAsFarAsItGoes(body, given.signal);
      if (whole.error === undefined && whole.bytes.byteLength === body.size)
        return sound.putObject(ref, body, options, given);
      if (ref.key.includes('/G2/')) await sound.putObject(ref, bytesBody(whole.bytes), plain, call);
      throw whole.error ?? new StorageError('wrong size', { driver: 'memory' });
    },
  }));
  expect(failed).toEqual(['G2']);
  expect(problems).toContain(
    'after a put whose source failed, there was an object of 131072 bytes',
  );
  expect(problems).toContain(
    'after a put whose source ended early, there was an object of 131072 bytes',
  );
  expect(rest).toMatchObject(onlyThePrecious);
});

/** All of a body, or what it gave before it failed, or hung until the call was dropped. */
async function readAsFarAsItGoes(
  body: Body,
  signal: AbortSignal,
): Promise<{ readonly bytes: Buffer; readonly error: unknown }> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of untilAborted(body.open(), signal)) chunks.push(chunk);
  } catch (error) {
    return { bytes: Buffer.concat(chunks), error };
  }
  return { bytes: Buffer.concat(chunks), error: undefined };
}

test('G3: probe: reports a store that lists in JavaScript’s order, and one that repeats keys', async () => {
  const inUnits = await tried((sound) => ({
    async listObjects(container, prefix, { after, size = 1000 }) {
      const { items } = await sound.listObjects(container, prefix, {}, call);
      const sorted = items
        .toSorted((a, b) => (a.key < b.key ? -1 : 1))
        .filter(({ key }) => after === undefined || key > after);
      const page = sorted.slice(0, size);
      return { items: page, next: sorted.length > size ? page.at(-1)?.key : undefined };
    },
  }));
  expect(inUnits.failed).toEqual(['G3']);
  expect(inUnits.problems).toContain('the listing has "\\ud83d\\ude00" before "\\uff5e"');

  const overlapping = await tried((sound) => ({
    async listObjects(container, prefix, { after, size = 1000 }) {
      const { items } = await sound.listObjects(container, prefix, {}, call);
      const from = after === undefined ? 0 : Number(after);
      const next = from + size < items.length ? String(from + size) : undefined;
      return { items: items.slice(Math.max(0, from - 1), from + size), next };
    },
  }));
  expect(overlapping.failed).toEqual(['G3']);
  expect(overlapping.problems).toContain('the listing has more than once: "a", ');
  expect(overlapping).toMatchObject(onlyThePrecious);
});

const renamed = (change: (key: string) => string) => (sound: Backend) => {
  const other = (ref: ObjectRef) => ({ ...ref, key: change(ref.key) });
  return {
    putObject: (ref, ...rest) => sound.putObject(other(ref), ...rest),
    readObject: (ref, ...rest) => sound.readObject(other(ref), ...rest),
    headObject: (ref, ...rest) => sound.headObject(other(ref), ...rest),
    deleteObject: (ref, ...rest) => sound.deleteObject(other(ref), ...rest),
  } satisfies Partial<Backend>;
};

test.each([
  ['composes letters', (key: string) => key.normalize('NFC'), '"cafe\\u0301"'],
  ['folds case', (key: string) => key.replace('UPPER', 'upper'), '"UPPER and lower"'],
  ['resolves dots', (key: string) => key.replace(/[^/]+\/\.\.\//, ''), '"folder/../dots"'],
])('G4: probe: reports a store that %s in names', async (_, change, name) => {
  const { failed, problems, ...rest } = await tried(renamed(change));
  expect(failed).toEqual(['G4']);
  expect(problems).toContain(`${name} was stored, but the listing does not have it`);
  expect(rest).toMatchObject(onlyThePrecious);
});

test('G5: probe: reports a store whose errors do not say what is missing', async () => {
  const { failed, problems, ...rest } = await tried((sound) => ({
    async headObject(...args) {
      return sound.headObject(...args).catch(() => {
        throw new StorageError('something went wrong', { driver: 'memory' });
      });
    },
    async deleteObject(ref, given) {
      await sound.headObject(ref, given).catch(() => {
        throw new ObjectDoesNotExistError(ref.key, { driver: 'memory' });
      });
      await sound.deleteObject(ref, given);
    },
  }));
  expect(failed).toEqual(['G5']);
  expect(problems).toContain(
    'looking at a missing object was answered by another error: something went wrong',
  );
  expect(problems).toContain('deleting a missing object failed: ');
  expect(rest).toMatchObject(onlyThePrecious);
});

test('G6: probe: reports a store that goes on after a call was aborted', async () => {
  const { failed, problems, ...rest } = await tried((sound) => ({
    deleteObject: (ref) => sound.deleteObject(ref, call),
    async putObject(ref, body, options, given) {
      try {
        return await sound.putObject(ref, body, options, given);
      } catch (error) {
        if (given.signal.aborted)
          await sound.putObject(ref, bytesBody(Buffer.from('too late')), options, call);
        throw error;
      }
    },
  }));
  expect(failed).toEqual(['G6']);
  expect(problems).toContain('a put that was dropped before it began changed the object');
  expect(problems).toContain('a delete that was dropped before it began was reported as done');
  expect(problems).toContain('a put that was dropped half-way changed the object');
  expect(rest).toMatchObject(onlyThePrecious);
});

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
