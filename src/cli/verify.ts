import { parseSize } from '../config/units.js';
import type { ReadBackShare } from '../verify/choose-objects.js';
import { EXIT, UsageError } from './exit.js';
import type { Io } from './io.js';
import { withPlace } from './open-place.js';
import type { PlaceOptions } from './remote-place.js';
import { openReportFile } from './report-file.js';
import { shardOption } from './shard-option.js';
import { verifyPlace } from './verify-place.js';
import { verifyShard } from './verify-shard.js';

export interface VerifyOptions extends PlaceOptions {
  /** Default: DEFAULT_SHARE, and of a shard everything. */
  readonly readBack?: string;
  readonly json: boolean;
  /** Of a shard: where its report for the daemon goes, instead of into the container. */
  readonly report?: string;
  readonly shard?: string;
}

const DEFAULT_SHARE = '5%';

/**
 * `longshore verify`: compares containers with the index, and reads a share of their objects back. WORK_DUE when something is
 * not what it should be, INCOMPLETE when something could not be read.
 */
export async function verify(
  configFile: string | undefined,
  places: readonly string[],
  options: VerifyOptions,
  io: Io,
): Promise<number> {
  const { json, report } = options;
  if (options.shard !== undefined) {
    const shard = shardOption(options.shard);
    const [place, other] = places;
    if (place === undefined || other !== undefined)
      throw new UsageError('--shard is one of one mirror: name one');
    const share = shareOf(options.readBack ?? 'all');
    return withPlace(configFile, place, options, io, (command) =>
      verifyShard(command, place, { shard, share, json, report }),
    );
  }
  const share = shareOf(options.readBack ?? DEFAULT_SHARE);
  const file = report === undefined ? undefined : openReportFile(io.cwd, report);
  try {
    const codes: number[] = [];
    for (const place of places)
      codes.push(
        await withPlace(configFile, place, options, io, (command) =>
          verifyPlace(command, place, share, json, file),
        ),
      );
    file?.finish();
    return codes.find(isInterrupted) ?? worstOf(codes);
  } finally {
    file?.abandon();
  }
}

/** @throws UsageError */
function shareOf(text: string): ReadBackShare {
  if (text === 'all') return { part: 1 };
  if (text === 'none') return { part: 0 };
  const [, percent] = /^(\d+(?:\.\d+)?) ?%$/.exec(text) ?? [];
  if (percent !== undefined && Number(percent) <= 100) return { part: Number(percent) / 100 };
  const bytes = percent === undefined ? parseSize(text) : undefined;
  if (bytes !== undefined) return { bytes };
  throw new UsageError(
    `--read-back: expected a share such as 5%, a size such as 10GiB, all or none, got ${JSON.stringify(text)}`,
  );
}

function isInterrupted(code: number): boolean {
  return code > 128;
}

/** What is wrong weighs more than what could not be looked at. */
function worstOf(codes: readonly number[]): number {
  for (const code of [EXIT.WORK_DUE, EXIT.INCOMPLETE]) if (codes.includes(code)) return code;
  return Math.max(EXIT.OK, ...codes);
}
