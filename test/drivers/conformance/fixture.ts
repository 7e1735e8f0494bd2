import { randomBytes, randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import type {
  Body,
  Call,
  KeyRange,
  ObjectInfo,
  ObjectRef,
  PutOptions,
} from '../../../src/drivers/call.js';
import { ContainerIsNotEmptyError } from '../../../src/drivers/errors.js';
import { compareNames } from '../../../src/utf8-order.js';

/** What a driver's test file brings. */
export interface Harness {
  /** A client of the provider; called once, when the cases are collected. */
  open(): Backend | Promise<Backend>;
  /** Another client of the same provider, with nothing shared in memory but what the provider keeps. */
  again(): Backend | Promise<Backend>;
  /** Called after all cases, when the clients are closed. */
  stop?(): void | Promise<void>;
  /** The only keys of the suite for which InvalidObjectNameError is taken for an answer. Default: none. */
  refuses?(key: string): boolean;
  /** Names that createContainer must refuse. Default: the empty one and one with a slash. */
  readonly badContainerNames?: readonly string[];
}

/** What a case works with. */
export interface Fixture {
  readonly backend: Backend;
  again(): Promise<Backend>;
  readonly harness: Harness;
  /** A case in a container of its own, which is removed afterwards. */
  readonly inContainer: (title: string, run: (container: string) => Promise<void>) => void;
}

export const call: Call = { signal: new AbortController().signal };

export const plain: PutOptions = {
  contentType: 'application/octet-stream',
  metaData: {},
  headers: {},
  checksums: [],
};

/** Short, valid everywhere (3-63 of `a-z 0-9 -`), and not used before by any run. */
export function uniqueContainerName(): string {
  return `longshore-${randomUUID().slice(0, 13)}`;
}

export function createFixture(backend: Backend, harness: Harness): Fixture {
  return {
    backend,
    harness,
    again: async () => harness.again(),
    inContainer(title, run) {
      it(title, async () => {
        const container = uniqueContainerName();
        await backend.createContainer(container, call);
        try {
          await run(container);
        } catch (failure) {
          await removeContainer(backend, container).catch(() => undefined); // the case's own failure says more
          throw failure;
        }
        await removeContainer(backend, container);
      });
    },
  };
}

export async function removeContainer(backend: Backend, container: string): Promise<void> {
  const { multipart } = backend.capabilities;
  for (const token of (await multipart?.unfinished(container, '', call)) ?? [])
    await multipart?.abort(token, call);
  for (let round = 1; ; round += 1) {
    for (const { key } of await listAll(backend, container))
      await backend.deleteObject({ container, key }, call);
    try {
      return await backend.deleteContainer(container, call);
    } catch (error) {
      // A put that was aborted may still arrive.
      if (!(error instanceof ContainerIsNotEmptyError) || round === ROUNDS) throw error;
    }
  }
}

const ROUNDS = 20;

export async function put(
  backend: Backend,
  ref: ObjectRef,
  content: string | Uint8Array,
  options: Partial<PutOptions> = {},
): Promise<ObjectInfo> {
  return backend.putObject(ref, bytesBody(Buffer.from(content)), { ...plain, ...options }, call);
}

export async function readAll(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function contentOf(backend: Backend, ref: ObjectRef): Promise<string> {
  return (await readAll(await backend.readObject(ref, undefined, call))).toString();
}

export async function listAll(
  backend: Backend,
  container: string,
  prefix = '',
  size?: number,
  range?: KeyRange,
): Promise<ObjectInfo[]> {
  const items: ObjectInfo[] = [];
  let after: string | undefined;
  do {
    const page = await backend.listObjects(
      container,
      prefix,
      {
        ...(after !== undefined && { after }),
        ...(size && { size }),
        ...(range && { range }),
      },
      call,
    );
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return items;
}

export async function listKeys(
  backend: Backend,
  container: string,
  prefix = '',
  size?: number,
): Promise<string[]> {
  const keys = (await listAll(backend, container, prefix, size)).map(({ key }) => key);
  return backend.capabilities.listingOrder === 'utf8' ? keys : keys.sort(compareNames);
}

/** Random, so that nothing can be compressed, deduplicated or right by chance. */
export function randomContent(size: number): Buffer {
  return randomBytes(size);
}

/** A body that is read as a stream, in chunks of `chunkSize`. */
export function streamedBody(bytes: Uint8Array, chunkSize = 64 * 1024): Body {
  return {
    size: bytes.byteLength,
    replayable: true,
    async *open() {
      for (let at = 0; at < bytes.byteLength; at += chunkSize)
        yield bytes.subarray(at, at + chunkSize);
    },
  };
}

/** The error that the promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(outcome, 'the call should have been rejected').toBeInstanceOf(Error);
  return outcome as Error;
}
