import type { ObjectRecord } from '../../state/object-index.js';
import { isSameObject } from '../proof/prove.js';
import { type ReportHeader, type ReportLine, UnusableReportError } from './report-format.js';

/** Whose reports are believed. */
export interface ReportedMirror {
  readonly name: string;
  readonly container: string;
  readonly prefix: string;
}

/**
 * What a line of a report is worth. `proof`: the object's version of now was read and had the recorded digest. `doubt`: it
 * may not be what was sent. `outdated`: it is of another version, of a name that is not known, or of no possible time. `known`: a
 * later proof is recorded already.
 */
export type LineWorth =
  | { readonly kind: 'proof'; readonly atMs: number }
  | { readonly kind: 'doubt' | 'outdated' | 'known' };

/** The clocks of two machines may differ by so much. What is later than now by less was read now. */
const CLOCK_SKEW_MS = 300_000;

/** @throws UnusableReportError for a report of another mirror or place */
export function refuseForeign(
  { mirror, container, prefix }: Pick<ReportHeader, 'mirror' | 'container' | 'prefix'>,
  expected: ReportedMirror,
): void {
  if (mirror !== expected.name)
    throw new UnusableReportError(`is of the mirror ${JSON.stringify(mirror)}`);
  if (container !== expected.container || prefix !== expected.prefix)
    throw new UnusableReportError(`is of another place, ${container}/${prefix}`);
}

/**
 * Judges a line by the record of its name. Pure. Only a line whose version, digest and all, is that of the record is a proof, and
 * only of a time between the record's and now. A doubt needs less: the worst that comes of it is that the object is read.
 */
export function judgeLine(
  { version, outcome, atMs }: ReportLine,
  record: ObjectRecord | undefined,
  nowMs: number,
): LineWorth {
  if (record?.state !== 'confirmed') return { kind: 'outdated' };
  if (version !== undefined && !isSameObject(record, version)) return { kind: 'outdated' };
  if (atMs < record.hashedAtMs - CLOCK_SKEW_MS || atMs > nowMs + CLOCK_SKEW_MS)
    return { kind: 'outdated' };
  if (outcome !== 'proven') return { kind: 'doubt' };
  if (version === undefined || atMs < record.hashedAtMs) return { kind: 'outdated' };
  const { provenAtMs } = record;
  const readAtMs = Math.min(atMs, nowMs);
  // A proof of the future is none, whatever has recorded it.
  const isKnown = provenAtMs !== undefined && provenAtMs <= nowMs && provenAtMs >= readAtMs;
  return isKnown ? { kind: 'known' } : { kind: 'proof', atMs: readAtMs };
}
