import type { Clock } from '../../clock.js';
import type { Backend } from '../../drivers/backend.js';
import type { ObjectInfo, ObjectRef } from '../../drivers/call.js';
import { findObject } from '../../drivers/find-object.js';

/** A store may answer 404 for a moment while it replaces an object: see swift/all-replicas.ts. */
const SECOND_LOOK_MS = 100;

/** The object; undefined when two looks, some time apart, have not found it. Else rejects as `headObject` does. */
export async function findSurely(
  { backend, clock }: { readonly backend: Backend; readonly clock: Pick<Clock, 'sleep'> },
  { container, key }: ObjectRef,
  signal: AbortSignal,
): Promise<ObjectInfo | undefined> {
  const ref = { container, key };
  const found = await findObject(backend, ref, { signal });
  if (found !== undefined) return found;
  await clock.sleep(SECOND_LOOK_MS, signal);
  return findObject(backend, ref, { signal });
}
