import type { Body, Call, Checksum } from '../call.js';
import * as md5Payload from '../http/md5-payload.js';
import { SWIFT } from './errors.js';

export type { Payload } from '../http/md5-payload.js';

/** `etag` is the content's MD5, so that Swift itself refuses other bytes with 422. See md5-payload.ts. */
export function preparePayload(
  key: string,
  body: Body,
  known: readonly Checksum[],
  readFirst: boolean,
  call: Call,
): Promise<md5Payload.Payload> {
  const header = (etag: string) => ({ etag });
  return md5Payload.preparePayload(key, body, known, { driver: SWIFT, header, readFirst }, call);
}

/** The MD5 that the provider's ETag confirms; rejects when it is another one than that of the bytes sent, or missing. */
export function confirmedMd5(
  key: string,
  etag: string | undefined,
  sent: string | undefined,
): string {
  const reported = /^"?([0-9a-f]{32})"?$/i.exec(etag ?? '')?.[1]?.toLowerCase();
  return md5Payload.confirmedMd5(key, reported, sent, SWIFT);
}
