import type { Call, ObjectInfo, ObjectRef } from '../call.js';
import type { CopyReplacement, Multipart } from '../capabilities.js';
import { copyInParts } from '../copy-in-parts.js';
import { ObjectError, ObjectHashMismatchError } from '../errors.js';
import { planParts } from '../part-size.js';
import type { SendCopy } from './copy-request.js';
import { SWIFT } from './errors.js';
import { SEGMENTS_METADATA } from './object-info.js';
import { segmentsMark } from './segment-names.js';
import type { Segments } from './segments.js';
import { refuseDropped } from './stored.js';

const LANES = 4;

/** A part of a copy, and where its bytes are. */
interface SourcePart {
  /** From 1. */
  readonly number: number;
  readonly size: number;
  readonly from: ObjectInfo;
  readonly headers: Readonly<Record<string, string>>;
  /** Hex, where it is known before. */
  readonly md5?: string;
}

/** The parts of a copy, cut by ranges of its source. `partSize`: bytes. */
export function partsByRange(source: ObjectInfo, partSize: number): readonly SourcePart[] {
  return Array.from(planParts(source.size, partSize), ({ number, start, end }) => {
    const headers = { range: `bytes=${start}-${end - 1}` };
    return { number, size: end - start, from: source, headers };
  });
}

/** The parts of a copy: the segments of one of our uploads, which nothing replaces. */
export async function partsBySegment(
  segments: Segments,
  { container, key, size: total }: ObjectInfo,
  uploadId: string | undefined,
  call: Call,
): Promise<readonly SourcePart[]> {
  const listed = uploadId === undefined ? [] : await segments.list(container, uploadId, call);
  if (listed.reduce((sum, { size }) => sum + size, 0) !== total)
    throw new ObjectError(
      key,
      'cannot be copied: the provider does not say which segments it is made of',
      { driver: SWIFT },
    );
  return listed.map(({ number, size, receipt }) => {
    const segment = {
      container: segments.containerOf(container),
      key: segments.keyOf(container, uploadId ?? '', number),
    };
    const from = { ...segment, size, checksums: [], metaData: {}, extra: { etag: receipt } };
    return { number, size, from, headers: {}, md5: receipt };
  });
}

/** Copies each part into a segment of a new upload, and completes it. */
export async function copyByParts(
  { multipart, segments, sendCopy }: CopyByPartsContext,
  source: ObjectInfo,
  sources: readonly SourcePart[],
  to: ObjectRef,
  replace: CopyReplacement,
  call: Call,
): Promise<ObjectInfo> {
  const described = { headers: {}, ...replace, checksums: source.checksums };
  const token = await multipart.begin(to, described, call);
  const mark = { 'x-fresh-metadata': 'true', [SEGMENTS_METADATA]: segmentsMark(to, token.opaque) };
  return copyInParts(
    multipart,
    {
      token,
      sources,
      lanes: LANES,
      async copyPart({ number, size, from, headers, md5 }, partCall) {
        const sink = {
          action: `copy a part of "${source.key}"`,
          container: segments.containerOf(to.container),
          key: segments.keyOf(to.container, token.opaque, number),
          headers: { ...headers, ...mark },
        };
        const copied = await sendCopy(from, sink, partCall);
        refuseDropped(to.key, copied);
        const receipt = (copied.headers['etag'] ?? '').replaceAll('"', '');
        if (md5 !== undefined && receipt !== md5)
          throw new ObjectHashMismatchError(to.key, md5, receipt, { driver: SWIFT });
        return { number, size, receipt };
      },
    },
    call,
  );
}

interface CopyByPartsContext {
  readonly multipart: Multipart;
  readonly segments: Segments;
  readonly sendCopy: SendCopy;
}
