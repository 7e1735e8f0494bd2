import type { Backend } from '../backend.js';
import type { Call, ObjectInfo, ObjectRef } from '../call.js';
import { ObjectChangedError, PreconditionFailedError } from '../errors.js';
import type { GoogleContext } from './context.js';
import { GOOGLE } from './errors.js';
import { readDocument, unreadable } from './json.js';
import { checkContainer, isPossibleKey, objectPath, refuseImpossible } from './names.js';
import { generationOf, infoOf, OBJECT_FIELDS } from './resource.js';

/** An object as it was looked up. */
export interface FoundObject {
  readonly info: ObjectInfo;
  /** The description as Google gives it. */
  readonly resource: unknown;
}

export type LookUp = (ref: ObjectRef, call: Call, generation?: string) => Promise<FoundObject>;

export function lookUpObject({ client }: GoogleContext): LookUp {
  return async ({ container, key }, call, generation) => {
    call.signal.throwIfAborted();
    refuseImpossible({ container, key });
    const what = `look up "${key}"`;
    const { body } = await client.request(
      {
        method: 'GET',
        operation: 'getMetadata',
        action: 'look up',
        container,
        key,
        path: objectPath({ container, key }),
        query: { fields: OBJECT_FIELDS, generation },
      },
      call,
    );
    const resource = readDocument(what, body);
    return { resource, info: infoOf(container, resource, what) };
  };
}

/**
 * A delete names the generation that it has seen, so that what another writer puts meanwhile stays, whenever the request
 * arrives. A replaced object rejects with ObjectChangedError.
 */
export function deleteObject({ client }: GoogleContext): Backend['deleteObject'] {
  /** Undefined: there is no such object. */
  async function seen(ref: ObjectRef, call: Call): Promise<string | undefined> {
    const { status, body } = await client.request(
      {
        method: 'GET',
        operation: 'getMetadata',
        action: 'look up before the delete',
        ...ref,
        path: objectPath(ref),
        query: { fields: GENERATION_FIELDS },
        accept: 404,
      },
      call,
    );
    if (status === 404) return undefined;
    const what = `look up "${ref.key}"`;
    const generation = generationOf(readDocument(what, body));
    if (generation === undefined) throw unreadable(what, 'has no generation');
    return generation;
  }

  return async ({ container, key }, call) => {
    call.signal.throwIfAborted();
    checkContainer(container);
    if (!isPossibleKey(key)) return;
    const ref = { container, key };
    const generation = await seen(ref, call);
    if (generation === undefined) return;
    try {
      await client.request(
        {
          method: 'DELETE',
          operation: 'deleteObject',
          action: 'delete',
          ...ref,
          condition: key,
          path: objectPath(ref),
          query: { ifGenerationMatch: generation },
          accept: 404,
        },
        call,
      );
    } catch (error) {
      throw error instanceof PreconditionFailedError ? replaced(key, generation) : error;
    }
  };
}

/** What a delete has to know of an object. */
export const GENERATION_FIELDS = 'kind,generation';

export function replaced(key: string, generation: string): ObjectChangedError {
  return new ObjectChangedError(key, `the generation ${generation}`, 'another generation', {
    driver: GOOGLE,
  });
}
