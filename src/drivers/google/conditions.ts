import type { ObjectRef, Precondition } from '../call.js';
import { PreconditionFailedError } from '../errors.js';
import { GOOGLE } from './errors.js';
import { generationIn } from './resource.js';

/** The parameter of a request that makes or replaces an object. 0: there is none. */
export interface GenerationMatch {
  readonly ifGenerationMatch?: string;
}

/** Throws PreconditionFailedError, before a request, for an ETag that no object of this provider can have. */
export function generationMatch(
  { key }: ObjectRef,
  condition: Precondition | undefined,
): GenerationMatch {
  if (condition === undefined) return {};
  if ('ifAbsent' in condition) return { ifGenerationMatch: '0' };
  const generation = generationIn(condition.ifMatch);
  if (generation !== undefined) return { ifGenerationMatch: generation };
  throw new PreconditionFailedError(key, 'is not what the condition says', { driver: GOOGLE });
}
