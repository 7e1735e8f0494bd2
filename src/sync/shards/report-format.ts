import { createHash } from 'node:crypto';
import type { ObjectName } from '../../state/object-index.js';
import type { ReadableSnapshot } from '../../state/read-snapshot.js';
import { isWellFormed } from '../../utf8-order.js';
import type { ObjectVersion } from '../proof/prove.js';
import { type Shard, shardText } from './shard.js';

/*
 * The report of a shard that was verified, as lines of JSON:
 *
 *    the header, which says whose it is: the mirror and its place
 *    a line for each object that was read back: its name, the version that was read, when, and what came of it
 *    the end: the number of these lines, and the SHA-256 of all bytes before it
 *
 * In a container and in a file it is compressed (gzip, RFC 1952). A shard leaves several, and each is whole: one that is
 * killed has left what it had read until then. A file has them one after the other.
 */

export const REPORT_FORMAT = 'longshore verify report';
export const REPORT_VERSION = 1;

/** What a report says of itself. */
export interface ReportHeader {
  readonly format: typeof REPORT_FORMAT;
  readonly version: typeof REPORT_VERSION;
  readonly mirror: string;
  readonly container: string;
  readonly prefix: string;
  /** The index snapshot that the shard was cut by: see snapshotId; and when it was made (ISO 8601). */
  readonly snapshot: string;
  readonly madeAt: string;
  /** `K/N`. */
  readonly shard: string;
  /** The machine that has read. */
  readonly host: string;
}

/** What came of the reading of one object. */
export interface ReportLine {
  readonly name: ObjectName;
  /**
   * The version that was read, as a record has it. Undefined: no record is known of it, which is so for some objects that are
   * not what they should be.
   */
  readonly version: ObjectVersion | undefined;
  readonly outcome: ReportedOutcome;
  /** Milliseconds since the epoch, by the clock of the machine that has read. */
  readonly atMs: number;
}

/** `gone`: the snapshot has it, and the container has not. */
export const REPORTED_OUTCOMES = ['proven', 'damaged', 'changed', 'gone'] as const;
export type ReportedOutcome = (typeof REPORTED_OUTCOMES)[number];

/** A report is not believed; the message says why, as a part of a sentence about it. */
export class UnusableReportError extends Error {
  override readonly name = 'UnusableReportError';
}

/** The longest report, decompressed: its writer ends one that has half as many. */
export const LONGEST_REPORT = 32 * 1024 * 1024;
/** Bytes and lines after which a writer ends a report. */
export const FULL_BYTES = LONGEST_REPORT / 2;
export const FULL_LINES = 50_000;
/** What the last line of a report begins with. */
const END = Buffer.from('{"lines":');
/** Hex digits of a snapshot's digest that name it. */
const SNAPSHOT_DIGITS = 16;

/** Names a snapshot: shards are of one cut when theirs is the same. */
export function snapshotId({ digest }: Pick<ReadableSnapshot, 'digest'>): string {
  return digest.slice(0, SNAPSHOT_DIGITS);
}

export function headerOf(
  snapshot: Pick<ReadableSnapshot, 'header' | 'digest'>,
  shard: Shard,
  host: string,
): ReportHeader {
  const { mirror, container, prefix, madeAt } = snapshot.header;
  return {
    format: REPORT_FORMAT,
    version: REPORT_VERSION,
    mirror,
    container,
    prefix,
    snapshot: snapshotId(snapshot),
    madeAt,
    shard: shardText(shard),
    host,
  };
}

/** The text of a whole report. `lines`: as `lineText` makes them. */
export function reportText(header: ReportHeader, lines: readonly string[]): Buffer {
  const body = Buffer.from([`${JSON.stringify(header)}\n`, ...lines].join(''));
  return Buffer.concat([body, endOf(body, lines.length)]);
}

function endOf(body: Buffer, lines: number): Buffer {
  const sha256 = createHash('sha256').update(body).digest('hex');
  return Buffer.from(`${JSON.stringify({ lines, sha256 })}\n`);
}

function countLines(text: Buffer): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}

export function lineText({ name, version, outcome, atMs }: ReportLine): string {
  return `${JSON.stringify({ name, outcome, atMs, ...(version && { version }) })}\n`;
}

/** A report whose bytes are those that were written. */
export interface ReadableReport {
  readonly header: ReportHeader;
  /** Undefined in the place of a line that is none. */
  lines(): Generator<ReportLine | undefined, void>;
}

/** @throws UnusableReportError for what is no report, was cut short, was changed, or is of a later version */
export function readReport(text: Buffer): ReadableReport {
  const first = text.indexOf('\n');
  if (first < 0) throw new UnusableReportError('is none, or was cut short');
  const header = readHeader(text.toString('utf8', 0, first));
  const end = text.lastIndexOf('\n', text.byteLength - 2) + 1;
  if (end <= first || !text.subarray(end, end + END.byteLength).equals(END))
    throw new UnusableReportError('was cut short: it has no end');
  const lines = text.subarray(first + 1, end);
  if (!text.subarray(end).equals(endOf(text.subarray(0, end), countLines(lines))))
    throw new UnusableReportError('is damaged: its bytes are not those of its digest');
  return { header, lines: () => linesIn(lines) };
}

/**
 * The texts of the reports that stand one after the other, each as `readReport` takes it; the rest of a torn one as well. Rejects with
 * UnusableReportError where one is larger than any report. Memory holds one.
 */
export async function* reportsIn(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let lines: Buffer[] = [];
  let bytes = 0;
  for await (const line of linesOf(chunks)) {
    lines.push(line);
    bytes += line.byteLength;
    if (bytes > LONGEST_REPORT) throw new UnusableReportError('is larger than any report');
    if (!line.subarray(0, END.byteLength).equals(END)) continue;
    yield Buffer.concat(lines);
    lines = [];
    bytes = 0;
  }
  if (lines.length > 0) yield Buffer.concat(lines);
}

/** Each with its line feed; a longer line than any report is given in pieces. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let rest: Buffer[] = [];
  let kept = 0;
  for await (const chunk of chunks) {
    let at = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', at)) {
      yield Buffer.concat([...rest, chunk.subarray(at, end + 1)]);
      rest = [];
      kept = 0;
      at = end + 1;
    }
    rest.push(chunk.subarray(at));
    kept += chunk.byteLength - at;
    if (kept <= LONGEST_REPORT) continue;
    yield Buffer.concat(rest);
    rest = [];
    kept = 0;
  }
  if (kept > 0) yield Buffer.concat(rest);
}

function* linesIn(text: Buffer): Generator<ReportLine | undefined, void> {
  for (let at = 0; at < text.byteLength; ) {
    const next = text.indexOf('\n', at) + 1;
    yield readLine(text.toString('utf8', at, next));
    at = next;
  }
}

function readHeader(text: string): ReportHeader {
  const fields = fieldsOf(text);
  if (fields['format'] !== REPORT_FORMAT) throw new UnusableReportError('is none');
  const { version } = fields;
  if (typeof version === 'number' && version > REPORT_VERSION)
    throw new UnusableReportError(
      `was written by a later longshore (its version is ${version}, this one knows ${REPORT_VERSION})`,
    );
  const texts = ['mirror', 'container', 'prefix', 'snapshot', 'madeAt', 'shard', 'host'];
  const isWhole =
    version === REPORT_VERSION && texts.every((key) => typeof fields[key] === 'string');
  if (!isWhole || !/^[0-9a-f]{16}$/.test(String(fields['snapshot'])))
    throw new UnusableReportError('is damaged: its header lacks a part');
  return fields as unknown as ReportHeader;
}

function readLine(text: string): ReportLine | undefined {
  const { name, outcome, atMs, version } = fieldsOf(text);
  const known = REPORTED_OUTCOMES.find((each) => each === outcome);
  if (
    typeof name !== 'string' ||
    !isWellFormed(name) ||
    known === undefined ||
    typeof atMs !== 'number' ||
    !Number.isSafeInteger(atMs) ||
    !(version === undefined || isVersion(version))
  )
    return undefined;
  return { name, outcome: known, atMs, version };
}

function isVersion(value: unknown): value is ObjectVersion {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  const isText = (key: string) => fields[key] === undefined || typeof fields[key] === 'string';
  return (
    fields['state'] === 'confirmed' &&
    typeof fields['size'] === 'number' &&
    typeof fields['md5'] === 'string' &&
    ['md5Parts', 'etag', 'versionId'].every(isText)
  );
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
