import { partSizeFor } from '../drivers/part-size.js';
import type { PlanLine, PlannedMirror } from './plan-file.js';

/** Requests by the classes that providers put a price on. */
export interface Requests {
  /** PUT, COPY, POST: what stores something. */
  readonly write: number;
  /** GET and HEAD. */
  readonly read: number;
  /** DELETE, or a name in a batch delete. */
  readonly delete: number;
}

export const NO_REQUESTS: Requests = { write: 0, read: 0, delete: 0 };

/** An upload in parts begins, and is completed. */
const AROUND_PARTS = 2;
/** S3's, which the others are close to: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const USUAL_PARTS = { min: 5 * 1024 ** 2, max: 5 * 1024 ** 3, maxParts: 10_000 };

/**
 * What an action takes, when nothing fails and nothing has to be sent that could be copied. Each action whose object was
 * looked at for the plan is looked at once more before it is carried out.
 */
export function requestsOf(
  { job, action, why, bytes, evidence }: PlanLine,
  { partsAbove, partSize, deletes }: Pick<PlannedMirror, 'partsAbove' | 'partSize' | 'deletes'>,
): Requests {
  const looks = evidence.object === 'unknown' ? 0 : 1;
  switch (job) {
    case 'upload_object': {
      const size = partSize ?? partSizeFor(bytes, USUAL_PARTS) ?? USUAL_PARTS.max;
      const parts = Math.ceil(bytes / size);
      return { write: bytes > partsAbove ? parts + AROUND_PARTS : 1, read: looks, delete: 0 };
    }
    case 'copy_object':
      return { write: 1, read: looks, delete: 0 };
    case 'delete_object':
      return { write: deletes === 'trash' ? 1 : 0, read: looks, delete: 1 };
    case 'refresh_metadata': {
      const isOfObject = action === 'renew-metadata' || why === 'metadata';
      return { write: isOfObject ? 1 : 0, read: looks, delete: 0 };
    }
    case 'adopt':
    case 'forget':
      return { write: 0, read: looks + 1, delete: 0 };
  }
}

export function sumOf(one: Requests, other: Requests): Requests {
  return {
    write: one.write + other.write,
    read: one.read + other.read,
    delete: one.delete + other.delete,
  };
}

/** US dollars for a million requests. */
interface Price extends Requests {
  /** What the price is that of, for people. */
  readonly of: string;
}

/**
 * List prices by profile, as of 2026-11. Sources: https://aws.amazon.com/s3/pricing/ (PUT, COPY, POST, LIST $0.005 and GET
 * $0.0004 a thousand; DELETE is free), https://developers.cloudflare.com/r2/pricing/ (class A $4.50 and class B $0.36 a
 * million; DELETE is free).
 */
const PRICES: ReadonlyMap<string, Price> = new Map([
  ['aws', { write: 5, read: 0.4, delete: 0, of: 'S3 Standard in us-east-1' }],
  ['r2', { write: 4.5, read: 0.36, delete: 0, of: 'R2 Standard' }],
]);

/** What these requests cost at list price, in US dollars; undefined where the provider's prices are not known here. */
export function costOf(
  requests: Requests,
  { profile }: Pick<PlannedMirror, 'profile'>,
): { readonly dollars: number; readonly of: string } | undefined {
  const price = profile === undefined ? undefined : PRICES.get(profile);
  if (price === undefined) return undefined;
  const micro =
    requests.write * price.write + requests.read * price.read + requests.delete * price.delete;
  return { dollars: micro / 1_000_000, of: price.of };
}
