import type { Clock } from '../../clock.js';
import type { Backend } from '../../drivers/backend.js';
import type { ObjectInfo, ObjectRef } from '../../drivers/call.js';
import { findChecksum } from '../../drivers/digest.js';
import {
  InvalidObjectNameError,
  ObjectDoesNotExistError,
  ObjectError,
  ObjectHashMismatchError,
  ObjectInTheWayError,
} from '../../drivers/errors.js';
import { findObject } from '../../drivers/find-object.js';
import type { ObjectName, ObjectRecord } from '../../state/object-index.js';
import { type Digests, digestsOf } from '../digests.js';
import { hexInParts, md5Of } from '../store/content-md5.js';
import { copyObject } from './copy-object.js';
import { createTrashFolders } from './trash-folders.js';
import type { TrashWhy } from './trash-name.js';

/** Keeps what is about to be deleted or overwritten. */
export interface Trash {
  /**
   * Resolves once the trash holds a verified copy of what the container has under this name, with its metadata, or the
   * container has nothing there. Content that its replacement has, too, is not kept.
   * Rejects as the driver does, with ObjectHashMismatchError when the copy is not what was copied (nothing may be deleted
   * then), with InvalidObjectNameError when the name is too long to be in the trash, and with UnreadableObjectError when the
   * provider refuses to give out what it holds (an archived object).
   */
  keep(
    name: ObjectName,
    known: ObjectRecord | undefined,
    next: NextContent,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * The same for an object that is known to be damaged: its copy is kept, whatever its bytes are, and compared with nothing.
   */
  keepUnproven(name: ObjectName, signal: AbortSignal): Promise<void>;
}

/** What is going to take the place of an object: nothing, or content of this MD5 (hex; undefined: not known yet). */
export type NextContent =
  | { readonly why: 'deleted' }
  | { readonly why: 'overwritten'; readonly md5: string | undefined };

export interface TrashOptions {
  readonly backend: Backend;
  readonly container: string;
  /** Of the mirror. */
  readonly prefix: string;
  readonly trashPrefix: string;
  readonly clock: Clock;
}

export function createTrash({
  backend,
  container,
  prefix,
  trashPrefix,
  clock,
}: TrashOptions): Trash {
  const folders = createTrashFolders(clock);

  function placeOf(object: ObjectInfo, name: ObjectName, why: TrashWhy): ObjectRef {
    const { size, checksums, extra } = object;
    const content = JSON.stringify([size, checksums[0]?.hex, extra['etag']]);
    const key = prefix + trashPrefix + folders.placeFor(name, content, why);
    const { maxKeyBytes } = backend.capabilities.limits;
    if (Buffer.byteLength(key) <= maxKeyBytes) return { container, key };
    const rule = `in the trash it would have ${Buffer.byteLength(key)} bytes, where ${maxKeyBytes} are allowed; shorten its name, or trash_prefix`;
    throw new InvalidObjectNameError(name, rule, { driver: backend.name });
  }

  async function copy(
    object: ObjectInfo,
    name: ObjectName,
    why: TrashWhy,
    signal: AbortSignal,
  ): Promise<ObjectInfo> {
    try {
      return await copyObject(backend, object, placeOf(object, name, why), signal);
    } catch (error) {
      if (!(error instanceof ObjectInTheWayError)) throw error;
      // A store that keeps objects as files: this folder of the trash holds an `a`, so it cannot hold `a/b` as well.
      folders.begin();
      return copyObject(backend, object, placeOf(object, name, why), signal);
    }
  }

  async function verify(
    object: ObjectInfo,
    copied: ObjectInfo,
    { md5, md5Parts }: Digests,
    signal: AbortSignal,
  ): Promise<void> {
    const context = { driver: backend.name };
    if (copied.size !== object.size) {
      const problem = `has ${object.size} bytes, and its copy in the trash ${copied.size}`;
      throw new ObjectError(object.key, problem, { ...context, retry: 'backoff' });
    }
    // Equal ETags are of equal contents, whatever a provider makes them of.
    const { etag } = object.extra;
    if (etag !== undefined && etag === copied.extra['etag']) return;
    const expected = md5 ?? md5Parts?.hex;
    if (expected === undefined) return;
    const actual =
      md5 === undefined && md5Parts !== undefined
        ? await hexInParts(await read(copied, signal), md5Parts.partSize)
        : await md5OfCopy(copied, signal);
    if (actual !== expected)
      throw new ObjectHashMismatchError(object.key, expected, `${actual} in the trash`, context);
  }

  async function md5OfCopy(copied: ObjectInfo, signal: AbortSignal): Promise<string> {
    const reported = md5In(copied) ?? md5In(await backend.headObject(refOf(copied), { signal }));
    return reported ?? (await md5Of(await read(copied, signal)));
  }

  function read(copied: ObjectInfo, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    return backend.readObject(refOf(copied), undefined, { signal });
  }

  return {
    async keepUnproven(name, signal) {
      const object = await findObject(backend, { container, key: prefix + name }, { signal });
      if (object !== undefined) await copy(object, name, 'damaged', signal);
    },
    async keep(name, known, next, signal) {
      const object = await findObject(backend, { container, key: prefix + name }, { signal });
      if (object === undefined) return;
      const reported = md5In(object);
      const digests = reported === undefined ? recordedDigests(object, known) : { md5: reported };
      const md5 = next.why === 'overwritten' ? next.md5 : undefined;
      if (md5 !== undefined && md5 === digests.md5) return;
      try {
        await verify(object, await copy(object, name, next.why, signal), digests, signal);
      } catch (error) {
        // The object, or its copy, was deleted meanwhile: the next attempt finds out which.
        if (
          error instanceof ObjectDoesNotExistError &&
          (await findObject(backend, object, { signal })) === undefined
        )
          return;
        throw error;
      }
    },
  };
}

function md5In({ checksums }: ObjectInfo): string | undefined {
  return findChecksum(checksums, 'md5')?.hex;
}

/** What we know of the content, while the object is still the one that we know. */
function recordedDigests({ size, extra }: ObjectInfo, known: ObjectRecord | undefined): Digests {
  if (known?.state !== 'confirmed' || known.size !== size) return {};
  return known.etag !== undefined && known.etag === extra['etag'] ? digestsOf(known) : {};
}

function refOf({ container, key }: ObjectInfo): ObjectRef {
  return { container, key };
}
