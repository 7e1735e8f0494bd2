import { createHash } from 'node:crypto';
import type { Answer, Request, Service } from './http.js';
import { objectsOf, type Part } from './objects.js';
import { document } from './text.js';

/** What one provider's API is to the sink. */
export interface SinkApi extends Pick<Service, 'promisedDigest' | 'contentBytes' | 'wantsContent'> {
  answer(request: Request): Answer;
}

/** The bucket that is none: the bench asks it what arrived. */
export const QUESTIONS = '-';
/** Longshore's own small objects, the lease among them, whose content it reads back. */
export const OWN_OBJECTS = '.longshore/';

/** Puts of objects and parts, without longshore's own. */
let puts = 0;

export function countPut(key: string): void {
  if (!key.startsWith(OWN_OBJECTS)) puts += 1;
}

/** What the bench asks: `puts`, or the objects of a bucket as `[key, size, [[size, digest], ...]]`, one per line. */
export function question(asked: string): string {
  if (asked === 'puts') return document(200, 'text/plain', String(puts));
  const lines = [...objectsOf(asked)]
    .filter(([key]) => !key.startsWith(OWN_OBJECTS))
    .map(([key, { size, parts }]) =>
      JSON.stringify([key, size, parts.map((part) => [part.size, part.digest])]),
    );
  return document(200, 'text/plain', lines.join('\n'));
}

/** Hex of a digest in base64; undefined where there is none. */
export const hexOf = (base64: string | undefined): string | undefined =>
  base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('hex');

export const base64Of = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

export const md5Of = (bytes: Buffer | string): string =>
  createHash('md5').update(bytes).digest('hex');

export const sizeOf = (parts: readonly Part[]): number =>
  parts.reduce((sum, { size }) => sum + size, 0);

let made = 0;
/** A number that no other object, upload or address has. */
export function nextNumber(): number {
  made += 1;
  return made;
}
