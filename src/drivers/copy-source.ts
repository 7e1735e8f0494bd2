import type { ObjectInfo } from './call.js';
import type { CopySource, ExpectedContent } from './capabilities.js';
import { findChecksum } from './digest.js';
import { PreconditionFailedError } from './errors.js';

/** The digest and the ETag that the provider reports for an object. */
export interface ReportedContent {
  /** Hex. */
  readonly md5: string | undefined;
  readonly etag: string | undefined;
}

/** Why an object must not be copied in place of the expected one; undefined: it may. Unknown content counts as other content. */
export function sourceProblem(
  { md5, etag }: ReportedContent,
  expected: ExpectedContent | undefined,
): string | undefined {
  if (expected === undefined) return undefined;
  if (md5 !== undefined)
    return md5 === expected.md5 ? undefined : `has the MD5 ${md5}, not ${expected.md5}`;
  if (expected.etag === undefined) return 'has no MD5, and no etag was expected';
  return etag === expected.etag
    ? undefined
    : `has the etag ${etag ?? 'none'}, not ${expected.etag}`;
}

/** Throws PreconditionFailedError when the source of a copy is not the expected object. */
export function checkSource(
  { checksums, extra }: ObjectInfo,
  { key, expected }: CopySource,
  driver: string,
): void {
  const { etag } = extra;
  const reported = {
    md5: findChecksum(checksums, 'md5')?.hex,
    etag: typeof etag === 'string' ? etag : undefined,
  };
  const problem = sourceProblem(reported, expected);
  if (problem !== undefined)
    throw new PreconditionFailedError(key, `was not copied: it ${problem}`, { driver });
}
