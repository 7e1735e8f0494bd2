import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';

/**
 * The rows of a gzip-compressed CSV file (RFC 4180). Rejects as `bytes` does, and for a file that is torn or no CSV with an
 * error whose code begins with `Z_` or `CSV_`.
 */
export async function* rowsOfCsv(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly string[], void> {
  const parser = parse({ relaxColumnCount: true, skipEmptyLines: true });
  // The error of any of them ends the parser, which the loop reads.
  pipeline(Readable.from(bytes), createGunzip(), parser, () => {});
  for await (const row of parser as AsyncIterable<readonly string[]>) yield row;
}
