import { AWS_TO_S3, FOLDER_PEERS, ofEachBuild, rcloneToS3 } from '../contender.js';
import { hold } from '../contest.js';
import { toFolder, toS3 } from '../longshore.js';
import type { Row } from '../row.js';
import { timesOf } from './small-files.js';

const BIG = { files: 8, bytes: 256 * 2 ** 20 };
const { rclone, rsync, cp } = FOLDER_PEERS;
const RCLONE_S3 = rcloneToS3('rclone', '--s3-no-head', '--transfers', '16');

export const largeFiles: readonly Row[] = [
  {
    name: 'mirror-big-folder',
    title: 'first mirror of 8 files of 256 MiB to a folder',
    targets: [
      ...timesOf([rclone.name], 0.6, 0.55),
      { subject: 'longshore', figure: 'wall', atMost: 1.3, of: [rsync.name] },
    ],
    run: (bench) =>
      hold(bench, {
        source: BIG,
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
  },
  {
    name: 'mirror-big-s3',
    title: 'first mirror of 8 files of 256 MiB to S3, whose server believes the Content-MD5',
    targets: timesOf([RCLONE_S3.name], 0.38, 0.32),
    run: (bench) =>
      hold(bench, {
        source: BIG,
        to: { trustsDigests: true },
        work: 'first',
        rounds: 3,
        contenders: [
          ...ofEachBuild(bench.builds, 'longshore', (build, place) =>
            toS3(build, place, ['--reconcile']),
          ),
          ...[RCLONE_S3, AWS_TO_S3],
        ],
      }),
  },
];
