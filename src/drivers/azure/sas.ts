import { isoTime } from '../../clock.js';
import type { ObjectRef } from '../call.js';
import { encodeQuery } from '../http/encode.js';
import type { AccountKey } from './credentials/access.js';
import { hmac } from './sign.js';

// https://learn.microsoft.com/rest/api/storageservices/create-service-sas and .../create-user-delegation-sas

/** The layout of what is signed depends on it: from this one on there is a line for the encryption scope. */
const SAS_VERSION = '2020-12-06';
/** A clock that is ahead of ours must not find the signature not valid yet. */
const EARLIER_MS = 15 * 60_000;

/** A key that Entra ID gives for signing, instead of the account's. */
export interface DelegationKey {
  readonly objectId: string;
  readonly tenantId: string;
  readonly start: string;
  readonly expiry: string;
  readonly service: string;
  readonly version: string;
  /** Base64. */
  readonly value: string;
}

export interface SasOptions {
  readonly account: string;
  readonly object: ObjectRef;
  readonly nowMs: number;
  readonly validForMs: number;
  /** Whether it is good for TLS only. */
  readonly secure: boolean;
}

/** The query of a URL that lets its bearer read one blob, signed with the account's key. */
export function readSas(options: SasOptions, { key }: AccountKey): string {
  const { permissions, start, expiry, resource, protocol } = fieldsOf(options);
  const signed = [
    ...[permissions, start, expiry, resource],
    ...['', '', protocol, SAS_VERSION, 'b'], // identifier, IP, protocol, version, kind of resource
    ...['', '', '', '', '', '', ''], // snapshot, encryption scope, five headers of the answer
  ].join('\n');
  return sasQuery(options, {}, hmac(key, signed));
}

/** The same, signed with a delegation key. */
export function delegatedReadSas(options: SasOptions, delegation: DelegationKey): string {
  const { permissions, start, expiry, resource, protocol } = fieldsOf(options);
  const { objectId, tenantId, service, version, value } = delegation;
  const signed = [
    ...[permissions, start, expiry, resource],
    ...[objectId, tenantId, delegation.start, delegation.expiry, service, version],
    ...['', '', ''], // authorized and unauthorized object id, correlation id
    ...['', protocol, SAS_VERSION, 'b'],
    ...['', '', '', '', '', '', ''],
  ].join('\n');
  const named = {
    skoid: objectId,
    sktid: tenantId,
    skt: delegation.start,
    ske: delegation.expiry,
    sks: service,
    skv: version,
  };
  return sasQuery(options, named, hmac(Buffer.from(value, 'base64'), signed));
}

function fieldsOf({ account, object: { container, key }, nowMs, validForMs, secure }: SasOptions) {
  return {
    permissions: 'r',
    start: secondsTime(nowMs - EARLIER_MS),
    expiry: secondsTime(nowMs + validForMs),
    resource: `/blob/${account}/${container}/${key}`,
    protocol: secure ? 'https' : 'https,http',
  };
}

function sasQuery(
  options: SasOptions,
  delegation: Readonly<Record<string, string>>,
  signature: string,
): string {
  const { permissions, start, expiry, protocol } = fieldsOf(options);
  return encodeQuery({
    sv: SAS_VERSION,
    sr: 'b',
    sp: permissions,
    st: start,
    se: expiry,
    spr: protocol,
    ...delegation,
    sig: signature,
  });
}

/** Without fractions of a second, as the service wants it. */
export function secondsTime(epochMs: number): string {
  return `${isoTime(epochMs).slice(0, 19)}Z`;
}
