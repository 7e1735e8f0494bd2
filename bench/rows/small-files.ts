import { FOLDER_PEERS, ofEachBuild, rcloneToS3 } from '../contender.js';
import { hold } from '../contest.js';
import { toFolder, toS3 } from '../longshore.js';
import type { Row } from '../row.js';
import type { Target } from '../target.js';
import type { TreeSize } from '../tree.js';

const SMALL: TreeSize = { files: 10_000, bytes: 4096 };
const MANY: TreeSize = { files: 100_000, bytes: 1024 };

const { rclone, rsync, cp } = FOLDER_PEERS;
const S3_PEERS = [
  rcloneToS3('rclone, 16 transfers', '--s3-no-head', '--transfers', '16'),
  rcloneToS3('rclone, 64 transfers', '--s3-no-head', '--transfers', '64'),
];

/** Wall and CPU time at most so many times those of the best of these peers. */
export const timesOf = (of: readonly string[], wall: number, cpu: number): Target[] => [
  { subject: 'longshore', figure: 'wall', atMost: wall, of },
  { subject: 'longshore', figure: 'cpu', atMost: cpu, of },
];

const folderRow = (
  name: string,
  title: string,
  source: TreeSize,
  targets: readonly Target[],
): Row => ({
  name,
  title,
  targets,
  run: (bench) =>
    hold(bench, {
      source,
      to: 'folder',
      work: 'first',
      rounds: 3,
      contenders: [
        ...ofEachBuild(bench.builds, 'longshore', (build, place) =>
          toFolder(build, place, ['--reconcile']),
        ),
        ...[rclone, rsync, cp],
      ],
    }),
});

const s3Row = (name: string, title: string, source: TreeSize, targets: readonly Target[]): Row => ({
  name,
  title,
  targets,
  run: (bench) =>
    hold(bench, {
      source,
      to: {},
      work: 'first',
      rounds: 3,
      contenders: [
        ...ofEachBuild(bench.builds, 'longshore', (build, place) =>
          toS3(build, place, ['--reconcile']),
        ),
        ...S3_PEERS,
      ],
    }),
});

const RCLONE_S3 = S3_PEERS.map(({ name }) => name);

export const smallFiles: readonly Row[] = [
  folderRow(
    'mirror-small-folder',
    'first mirror of 10,000 files of 4 KiB to a folder',
    SMALL,
    timesOf(['rclone'], 1.2, 1.1),
  ),
  folderRow(
    'mirror-many-folder',
    'first mirror of 100,000 files of 1 KiB to a folder',
    MANY,
    timesOf(['rclone'], 0.9, 0.85),
  ),
  s3Row(
    'mirror-small-s3',
    'first mirror of 10,000 files of 4 KiB to S3',
    SMALL,
    timesOf(RCLONE_S3, 0.45, 0.45),
  ),
  s3Row(
    'mirror-many-s3',
    'first mirror of 100,000 files of 1 KiB to S3',
    MANY,
    timesOf(RCLONE_S3, 0.3, 0.27),
  ),
];
