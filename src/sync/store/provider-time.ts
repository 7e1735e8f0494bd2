import type { Backend } from '../../drivers/backend.js';
import { bytesBody } from '../../drivers/body.js';
import { bookkeepingPut } from '../../drivers/bookkeeping.js';
import type { ObjectRef } from '../../drivers/call.js';
import { findObject } from '../../drivers/find-object.js';

/**
 * The provider's time, by an object that is put at `ref` and deleted again: milliseconds since the epoch; undefined where the
 * provider does not say when an object was stored, or another process has removed it. Rejects with the errors of the driver.
 */
export async function providerTime(
  backend: Backend,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<number | undefined> {
  await backend.putObject(ref, bytesBody(new Uint8Array()), bookkeepingPut(), { signal });
  try {
    const lastModified = (await findObject(backend, ref, { signal }))?.extra['lastModified'];
    return typeof lastModified === 'number' ? lastModified : undefined;
  } finally {
    await backend.deleteObject(ref, { signal });
  }
}
