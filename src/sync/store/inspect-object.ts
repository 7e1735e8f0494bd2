import type { Backend } from '../../drivers/backend.js';
import type { ObjectInfo, ObjectRef } from '../../drivers/call.js';
import type { Multipart } from '../../drivers/capabilities.js';
import { ObjectInTheWayError, StorageError } from '../../drivers/errors.js';
import { fileBody } from '../../drivers/file-body.js';
import { findObject } from '../../drivers/find-object.js';
import { evenCut, md5IfMadeOf } from '../../drivers/made-of.js';
import type { LocalEntry } from '../../watcher/entry.js';
import type { RemoteFact } from '../decide.js';
import { classify } from '../failure.js';
import { md5Of } from './content-md5.js';
import { factOfHead } from './object-facts.js';
import type { Inspected } from './object-store.js';
import type { FilePuts } from './put-file.js';

export interface InspectOptions {
  readonly backend: Backend;
  readonly container: string;
  readonly follow: boolean;
  readonly files: Pick<FilePuts, 'partSizeOf' | 'threads'>;
}

/** See ObjectStore.inspect. */
export async function inspectObject(
  ref: ObjectRef,
  entry: LocalEntry,
  absolutePath: string,
  options: InspectOptions,
  signal: AbortSignal,
): Promise<Inspected> {
  const { backend } = options;
  const info = await findObject(backend, ref, { signal });
  if (!info) return { remote: 'absent' };
  const fact = { ...factOfHead(info), inspected: true };
  if (fact.md5 !== undefined) return { remote: fact };
  if (entry.kind === 'file' && entry.size === fact.size) {
    const asFile = await compareParts(info, fact, entry, absolutePath, ref, options, signal);
    if (asFile !== undefined) return asFile;
  }
  const md5 = await md5Of(await backend.readObject(ref, undefined, { signal }));
  return { remote: { ...fact, md5 } };
}

/** Reads the file in the parts that the object may be made of. Undefined when that does not prove equal content. */
async function compareParts(
  info: ObjectInfo,
  fact: RemoteFact,
  entry: LocalEntry,
  absolutePath: string,
  ref: ObjectRef,
  { backend, container, follow, files }: InspectOptions,
  signal: AbortSignal,
): Promise<Inspected | undefined> {
  const { multipart } = backend.capabilities;
  if (multipart === undefined) return undefined;
  const cuts = (await cutsOf(multipart, info, container, signal)) ?? files.partSizeOf(entry.size);
  if (cuts === undefined) return undefined;
  const { threads } = files;
  const source = { ref, driver: backend.name, expected: entry, follow, threads };
  const body = await fileBody(absolutePath, source);
  const md5 = await md5IfMadeOf(multipart, info, body, cuts, signal);
  if (md5 === undefined) return undefined;
  const partSize = evenCut(cuts);
  return {
    remote: { ...fact, md5, ...(partSize !== undefined && { partSize }) },
    localMd5: md5,
  };
}

/** Where the object's parts end; undefined where the provider does not say it: then the content is read back. */
function cutsOf(
  multipart: Multipart,
  info: ObjectInfo,
  container: string,
  signal: AbortSignal,
): Promise<readonly number[] | undefined> {
  return multipart.cutsOf(info, { signal }).catch((error: unknown) => {
    if (isOfObject(error, container)) return undefined;
    throw error;
  });
}

/** Whether the provider refused this request alone, so that another request for the same purpose may succeed. */
export function isOfObject(error: unknown, container: string): boolean {
  if (!(error instanceof StorageError) || error instanceof ObjectInTheWayError) return false;
  const { kind } = classify(error, container);
  return kind === 'object' || kind === 'unsuitable';
}
