import type { ObjectInfo } from './call.js';
import type { CopySource, ExpectedContent } from './capabilities.js';
import { findChecksum } from './digest.js';
import { PreconditionFailedError } from './errors.js';

/** What an object says of its content. */
export interface ToldContent {
  /** Hex. */
  readonly md5: string | undefined;
  readonly etag: string | undefined;
}

/** Why an object may not be copied as what was expected; undefined: it may. What nobody can tell counts as another content. */
export function sourceProblem(
  { md5, etag }: ToldContent,
  expected: ExpectedContent | undefined,
): string | undefined {
  if (expected === undefined) return undefined;
  if (md5 !== undefined)
    return md5 === expected.md5 ? undefined : `has the MD5 ${md5}, not ${expected.md5}`;
  if (expected.etag === undefined) return 'tells no MD5, and no etag was expected';
  return etag === expected.etag
    ? undefined
    : `has the etag ${etag ?? 'none'}, not ${expected.etag}`;
}

/** Rejects the object that was found as the source of a copy when it is not what was expected. */
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
