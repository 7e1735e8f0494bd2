import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Backend } from '../../drivers/backend.js';
import { bytesBody } from '../../drivers/body.js';
import { bookkeepingPut } from '../../drivers/bookkeeping.js';
import type { ObjectInfo, ObjectRef } from '../../drivers/call.js';
import { pages } from '../../drivers/pages.js';
import { sendObject } from '../../drivers/send.js';
import { OWN_FOLDER } from '../reserved-names.js';
import {
  LONGEST_REPORT,
  type ReadableReport,
  type ReportHeader,
  readReport,
  UnusableReportError,
} from './report-format.js';

/** Where the objects of a mirror are. */
export interface ReportPlace {
  readonly container: string;
  /** Empty, or ends in `/`. */
  readonly prefix: string;
}

/** Below a mirror's prefix. */
const REPORTS_FOLDER = `${OWN_FOLDER}verified/`;

/** Puts a compressed report into the container, under a name of its own. Resolves with its key. Rejects as the driver does. */
export async function putReport(
  backend: Backend,
  { container, prefix }: ReportPlace,
  { snapshot, shard }: Pick<ReportHeader, 'snapshot' | 'shard'>,
  compressed: Uint8Array,
  signal: AbortSignal,
): Promise<string> {
  const name = `${snapshot}-${shard.replace('/', 'of')}-${randomUUID()}`;
  const ref = { container, key: `${prefix}${REPORTS_FOLDER}${name}` };
  const settings = { signal, verifyHash: true };
  await sendObject(
    backend,
    ref,
    bytesBody(compressed),
    bookkeepingPut('application/gzip'),
    settings,
  );
  return ref.key;
}

/** The reports that wait in a container. Rejects as the driver does. */
export async function* listReports(
  backend: Backend,
  { container, prefix }: ReportPlace,
  signal: AbortSignal,
): AsyncGenerator<ObjectInfo, void> {
  const list = pages(
    backend.name,
    (page) => backend.listObjects(container, prefix + REPORTS_FOLDER, page, { signal }),
    { signal },
  );
  for await (const { items } of list) yield* items;
}

/** Rejects with UnusableReportError, and as the driver does. Memory holds the report. */
export async function fetchReport(
  backend: Backend,
  { container, key }: ObjectRef,
  signal: AbortSignal,
): Promise<ReadableReport> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of await backend.readObject({ container, key }, undefined, { signal })) {
    bytes += chunk.byteLength;
    if (bytes > LONGEST_REPORT) throw new UnusableReportError('is larger than any report');
    chunks.push(chunk);
  }
  return readReport(await decompressed(Buffer.concat(chunks)));
}

const decompress = promisify(gunzip);

async function decompressed(bytes: Buffer): Promise<Buffer> {
  try {
    return await decompress(bytes, { maxOutputLength: LONGEST_REPORT });
  } catch (error) {
    throw new UnusableReportError('cannot be decompressed, or is larger than any report', {
      cause: error,
    });
  }
}
