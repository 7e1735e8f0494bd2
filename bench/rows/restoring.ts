import { AWS_ENVIRONMENT, copyOf, ofEachBuild, type Place, rcloneFromS3 } from '../contender.js';
import { hold } from '../contest.js';
import type { Build } from '../longshore.js';
import type { Row } from '../row.js';
import type { Command } from '../timing.js';
import type { TreeSize } from '../tree.js';
import { timesOf } from './small-files.js';

const SMALL: TreeSize = { files: 10_000, bytes: 4096 };
const BIG: TreeSize = { files: 8, bytes: 256 * 2 ** 20 };

const PEERS = [
  rcloneFromS3('rclone, 16 transfers', '--transfers', '16'),
  rcloneFromS3('rclone, 64 transfers', '--transfers', '64'),
];

/** With nothing but the container: no configuration, no state. */
const restore = ({ main }: Build, place: Place): Command => ({
  argv: [
    ...[process.execPath, main, 'restore', `s3:${place.bucket}`, '--to', copyOf(place)],
    ...['--profile', 'aws', '--endpoint', `http://127.0.0.1:${place.port}`],
    ...['--region', 'us-east-1'],
  ],
  env: AWS_ENVIRONMENT,
});

const restoreRow = (
  name: string,
  title: string,
  source: TreeSize,
  [wall, cpu]: readonly [wall: number, cpu: number],
): Row => ({
  name,
  title,
  targets: timesOf(
    PEERS.map((peer) => peer.name),
    wall,
    cpu,
  ),
  run: (bench) =>
    hold(bench, {
      source,
      to: { objects: source.files, objectBytes: source.bytes },
      work: 'restore',
      rounds: 3,
      contenders: [...ofEachBuild(bench.builds, 'longshore', restore), ...PEERS],
    }),
});

export const restoring: readonly Row[] = [
  restoreRow(
    'restore-small-s3',
    'restore of 10,000 files of 4 KiB from S3 into a folder',
    SMALL,
    [0.6, 0.6],
  ),
  restoreRow(
    'restore-big-s3',
    'restore of 8 files of 256 MiB from S3 into a folder',
    BIG,
    [0.5, 0.5],
  ),
];
