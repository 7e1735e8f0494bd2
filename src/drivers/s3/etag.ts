import { digestOfParts } from '../../parts-digest.js';
import type { Checksum } from '../call.js';
import type { HttpHeaders } from '../http/exchange.js';

// When an ETag is the MD5 of an object: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html

/** The MD5 that an ETag has the form of; undefined for those of objects made of parts, and for anything else. */
export function md5InEtag(etag: string | undefined): string | undefined {
  return /^"?([0-9a-f]{32})"?$/i.exec(etag ?? '')?.[1]?.toLowerCase();
}

/** In quotes, as HTTP has it, whatever form the provider gave it. */
export function quoted(etag: string): string {
  return etag.startsWith('"') || etag.startsWith('W/') ? etag : `"${etag}"`;
}

/** How a store compares the ETag of `If-Match`: with the quotes of RFC 9110, or without them. */
export type EtagForm = 'quoted' | 'bare';

/** Without quotes, and without the mark of a weak one. */
export function unquoted(etag: string): string {
  return etag.replace(/^W\//, '').replace(/^"(.*)"$/s, '$1');
}

/** The ETag of an object made of parts whose MD5s are these. */
export function compositeEtag(partMd5s: readonly string[]): string {
  return `"${digestOfParts(partMd5s)}-${partMd5s.length}"`;
}

/** Whether the provider says that it encrypted with a customer's or a KMS key: the ETag is then no MD5, although it has the form of one. */
export function isKeyEncrypted(headers: HttpHeaders): boolean {
  return (
    headers['x-amz-server-side-encryption']?.startsWith('aws:kms') === true ||
    headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined
  );
}

/** Which ETags are MD5s. Containers are remembered as encrypted once an answer shows it: listings do not tell. */
export interface EtagMeaning {
  /** Of one answer about one object. */
  ofAnswer(container: string, headers: HttpHeaders): readonly Checksum[];
  /** Of an entry of a listing. */
  ofListing(container: string, etag: string | undefined): readonly Checksum[];
  /** Of one part's answer, or its place in a listing: its MD5 in hex. */
  ofPart(container: string, headers: HttpHeaders): string | undefined;
  /** Whether what goes to the container can only be verified by a digest that is sent along. */
  isOpaque(container: string): boolean;
}

export function etagMeaning(
  object: 'md5' | 'opaque',
  part: 'md5' | 'opaque',
  always: boolean,
): EtagMeaning {
  const encrypted = new Set<string>();

  function checksums(etag: string | undefined): readonly Checksum[] {
    const hex = object === 'md5' ? md5InEtag(etag) : undefined;
    return hex === undefined ? [] : [{ algorithm: 'md5', hex }];
  }
  return {
    ofAnswer(container, headers) {
      if (!isKeyEncrypted(headers)) return checksums(headers['etag']);
      encrypted.add(container);
      return [];
    },
    ofListing: (container, etag) => (encrypted.has(container) || always ? [] : checksums(etag)),
    ofPart(container, headers) {
      if (isKeyEncrypted(headers)) encrypted.add(container);
      return part === 'opaque' || always || encrypted.has(container)
        ? undefined
        : md5InEtag(headers['etag']);
    },
    isOpaque: (container) => always || object === 'opaque' || encrypted.has(container),
  };
}
