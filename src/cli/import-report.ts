import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip, gzip } from 'node:zlib';
import { printable } from '../printable.js';
import { counted } from '../status/units.js';
import { refuseForeign } from '../sync/shards/judge-report.js';
import { readReport, reportsIn, UnusableReportError } from '../sync/shards/report-format.js';
import { putReport } from '../sync/shards/report-objects.js';
import { UsageError } from './exit.js';
import type { Io } from './io.js';
import { type PlaceCommand, withPlace } from './open-place.js';

/**
 * `longshore import-report`: puts the reports of shards that could not be left in a container there, for its daemon. Each is looked
 * at first; what is no report of this mirror ends the command with USAGE.
 */
export function importReport(
  configFile: string | undefined,
  mirror: string,
  files: readonly string[],
  io: Io,
): Promise<number> {
  return withPlace(configFile, mirror, {}, io, async (command) => {
    for (const file of files) await importFile(command, mirror, resolve(io.cwd, file));
    return 0;
  });
}

const compress = promisify(gzip);

async function importFile(command: PlaceCommand, named: string, file: string): Promise<void> {
  const { place, backend, output, signal } = command;
  if (place.mirror === undefined)
    throw new UsageError(`${named}: expected the name of a mirror of the configuration`);
  const { settings } = place.mirror;
  let [reports, objects] = [0, 0];
  try {
    for await (const text of reportsIn(decompressed(file))) {
      const report = readReport(text);
      refuseForeign(report.header, settings);
      await putReport(backend, settings, report.header, await compress(text), signal);
      reports += 1;
      for (const _ of report.lines()) objects += 1;
    }
  } catch (error) {
    if (!isOfFile(error)) throw error;
    const taken = reports === 0 ? '' : `, after ${counted(reports, 'report')} that were taken`;
    const reason = (error as Error).message;
    throw new UsageError(`${file}: what is there${taken} ${asProblem(error, reason)}`, {
      cause: error,
    });
  }
  output.line(
    `${printable(file)}: ${counted(reports, 'report')} of ${counted(objects, 'object')} put into ${printable(`${place.container}/${place.prefix}`)}, for the next collection`,
  );
}

/** Rejects as the disk does, and as zlib does for what is not gzip. */
function decompressed(file: string): AsyncIterable<Buffer> {
  const gunzip = createGunzip();
  pipeline(createReadStream(file), gunzip, () => {}); // the errors of both end the reading of the last
  return gunzip;
}

function asProblem(error: unknown, reason: string): string {
  return error instanceof UnusableReportError ? reason : `cannot be decompressed: ${reason}`;
}

/** Whether the file is at fault, and not the disk or the container. */
function isOfFile(error: unknown): boolean {
  if (error instanceof UnusableReportError) return true;
  return error instanceof Error && 'code' in error && /^(Z_|ERR_.*ZLIB)/.test(String(error.code));
}
