import type { Backend } from './backend.js';
import type { Call, ObjectInfo, ObjectRef } from './call.js';
import { ObjectDoesNotExistError } from './errors.js';

/** The object by one HEAD; undefined when there is none. Else rejects as `headObject` does. */
export async function findObject(
  backend: Pick<Backend, 'headObject'>,
  ref: ObjectRef,
  call: Call,
): Promise<ObjectInfo | undefined> {
  try {
    return await backend.headObject(ref, call);
  } catch (error) {
    if (error instanceof ObjectDoesNotExistError) return undefined;
    throw error;
  }
}
