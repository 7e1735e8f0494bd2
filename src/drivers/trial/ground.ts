import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.js';
import type { Backend } from '../backend.js';
import { bytesBody } from '../body.js';
import type { Call, ObjectInfo, ObjectRef, PutOptions } from '../call.js';
import type { UploadToken } from '../capabilities.js';
import { ObjectDoesNotExistError, TargetUnavailableError } from '../errors.js';
import { collect, itemsOfPages } from '../pages.js';

/** A part of a container for trials: all names are below a prefix of its own, so nothing else is touched. */
export interface Ground {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly call: Call;
  readonly container: string;
  /** Ends in `/`. */
  readonly prefix: string;
  ref(name: string): ObjectRef;
  put(name: string, content: string, options?: Partial<PutOptions>): Promise<ObjectInfo>;
  /** Undefined: there is no such object. */
  contentOf(name: string): Promise<string | undefined>;
  /** Names below the prefix, in the order of the listing. */
  names(): Promise<string[]>;
  /** To be aborted in the end, if it is not complete by then. */
  begun(token: UploadToken): void;
  /** The same container, one folder further down. */
  below(folder: string): Ground;
}

export interface GroundOptions {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly call: Call;
  readonly container: string;
  readonly prefix: string;
  /** Called for every name and upload before it can exist. */
  readonly onBegun: { object(ref: ObjectRef): void; upload(token: UploadToken): void };
}

export const PLAIN: PutOptions = {
  contentType: 'application/octet-stream',
  metaData: {},
  headers: {},
  checksums: [],
};

export function openGround(options: GroundOptions): Ground {
  const { backend, clock, call, container, prefix, onBegun } = options;

  function ref(name: string): ObjectRef {
    const named = { container, key: prefix + name };
    onBegun.object(named);
    return named;
  }
  return {
    backend,
    clock,
    call,
    container,
    prefix,
    ref,
    put: (name, content, changes = {}) =>
      backend.putObject(ref(name), bytesBody(Buffer.from(content)), { ...PLAIN, ...changes }, call),
    async contentOf(name) {
      try {
        const chunks = await collect(await backend.readObject(ref(name), undefined, call));
        return Buffer.concat(chunks).toString();
      } catch (error) {
        if (error instanceof ObjectDoesNotExistError) return undefined;
        throw error;
      }
    },
    async names() {
      const objects = await collect(
        itemsOfPages(
          backend.name,
          (page) => backend.listObjects(container, prefix, page, call),
          call,
        ),
      );
      return objects.map(({ key }) => key.slice(prefix.length));
    },
    begun: onBegun.upload,
    below: (folder) => openGround({ ...options, prefix: `${prefix}${folder}/` }),
  };
}

/** Random, so that two trials at once, or one after a killed one, do not collide. */
export function randomName(): string {
  return randomBytes(8).toString('hex');
}

/** Whether an error ends all trials: they were stopped, or the target is unavailable. */
export function isOver(error: unknown, { call }: Pick<Ground, 'call'>): boolean {
  return call.signal.aborted || error instanceof TargetUnavailableError;
}

/** What a call ended with: its error, or undefined when it resolved. Rejects when all trials end. */
export async function failureOf(
  ground: Pick<Ground, 'call'>,
  promise: Promise<unknown>,
): Promise<Error | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (isOver(error, ground)) throw error;
    return error instanceof Error ? error : new Error(String(error));
  }
}

export const TOO_LONG: unique symbol = Symbol('too long');

/** The promise's outcome, or TOO_LONG; what it does after that is ignored. */
export async function within<T>(
  ms: number,
  { clock }: Pick<Ground, 'clock'>,
  promise: Promise<T>,
): Promise<T | typeof TOO_LONG> {
  const stop = new AbortController();
  const late = async (): Promise<typeof TOO_LONG> => {
    await clock.sleep(ms, stop.signal).catch(() => undefined); // the promise settled in time
    return TOO_LONG;
  };
  try {
    promise.catch(() => undefined); // a late rejection is ignored
    return await Promise.race([promise, late()]);
  } finally {
    stop.abort();
  }
}
