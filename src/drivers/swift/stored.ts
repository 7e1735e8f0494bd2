import { ObjectError } from '../errors.js';
import type { HttpAnswer } from '../http/exchange.js';
import { SWIFT } from './errors.js';

/** 201: it is stored. 202: it was dropped, because another writer's object is younger than this one. */
export function refuseDropped(key: string, { status }: Pick<HttpAnswer, 'status'>): void {
  if (status === 202)
    throw new ObjectError(key, 'was not stored: another writer replaced it meanwhile', {
      driver: SWIFT,
      retry: 'backoff',
    });
}
