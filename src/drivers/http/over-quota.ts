import type { HttpBody } from './exchange.js';

/** A refusal that says "too large", and the body of the request that met it. */
export interface SizeRefusal {
  /** The provider's own words; empty when it has none. */
  readonly message: string;
  /** Bytes; 0 for a request without a body. */
  readonly bytes: number;
  /** The largest body that this provider has stored in this process. Bytes. */
  readonly largestStored: number;
}

/**
 * Whether the provider means a quota that is used up, where its protocol has one answer for that and for an object that is
 * too large (Swift: 413; Swift's S3 API: EntityTooLarge). It does when its message says so (`Upload exceeds quota.` of Swift's
 * container_quotas.py and account_quotas.py, which its s3request.py passes on; `QuotaExceeded` of Ceph's rgw_common.cc), and
 * when it has stored a body of this size before: then no limit of sizes is the reason.
 */
export function isOverQuota({ message, bytes, largestStored }: SizeRefusal): boolean {
  return /quota/i.test(message) || (bytes > 0 && bytes <= largestStored);
}

/** Bytes of a request's body; 0 without one. */
export function bodyBytes(body: HttpBody | undefined): number {
  if (body === undefined) return 0;
  return 'byteLength' in body ? body.byteLength : body.size;
}
