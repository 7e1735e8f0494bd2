import type { Body, Call, Checksum } from '../call.js';
import type { HttpHeaders } from '../http/exchange.js';
import * as md5Payload from '../http/md5-payload.js';
import { AZURE } from './errors.js';
import { md5Hex } from './object-info.js';

export type { Payload } from '../http/md5-payload.js';

/** `content-md5` makes the service itself refuse other bytes. See md5-payload.ts. */
export function preparePayload(
  key: string,
  body: Body,
  known: readonly Checksum[],
  readFirst: boolean,
  call: Call,
): Promise<md5Payload.Payload> {
  const options = { driver: AZURE, header: md5Header, readFirst };
  return md5Payload.preparePayload(key, body, known, options, call);
}

export function md5Header(hex: string): Record<string, string> {
  return { 'content-md5': base64OfHex(hex) };
}

export function base64OfHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

/** The MD5 that the service says it has stored; rejects when it is another one than that of the bytes sent, or missing. */
export function confirmedMd5(key: string, headers: HttpHeaders, sent: string | undefined): string {
  return md5Payload.confirmedMd5(key, md5Hex(headers['content-md5']), sent, AZURE);
}
