import { FIND, FOLDER_PEERS, ofEachBuild, rcloneToS3 } from '../contender.js';
import { hold } from '../contest.js';
import { toFolder, toS3 } from '../longshore.js';
import type { Row } from '../row.js';
import type { TreeSize } from '../tree.js';
import { timesOf } from './small-files.js';

const MANY: TreeSize = { files: 100_000, bytes: 16 };
const MILLION: TreeSize = { files: 1_000_000, bytes: 16 };
const { rclone, rsync } = FOLDER_PEERS;
const SIZE_ONLY = rcloneToS3('rclone --size-only', '--size-only');

const scanRow = (name: string, title: string, source: TreeSize, toFind: number): Row => ({
  name,
  title,
  ...(source === MILLION ? { large: true } : {}),
  targets: [{ subject: 'longshore', figure: 'wall', atMost: toFind, of: [FIND.name] }],
  run: (bench) =>
    hold(bench, {
      source,
      to: 'folder',
      work: 'again',
      rounds: 5,
      contenders: [
        ...ofEachBuild(
          bench.builds,
          'longshore',
          (build, place) => toFolder(build, place, ['scan']),
          (build, place) => toFolder(build, place, ['--reconcile']),
        ),
        FIND,
      ],
    }),
});

const folderRow = (name: string, title: string, source: TreeSize): Row => ({
  name,
  title,
  ...(source === MILLION ? { large: true } : {}),
  targets: timesOf([rclone.name], 1.1, 1.1),
  run: (bench) =>
    hold(bench, {
      source,
      to: 'folder',
      work: 'again',
      rounds: 5,
      contenders: [
        ...ofEachBuild(bench.builds, 'longshore', (build, place) =>
          toFolder(build, place, ['--reconcile']),
        ),
        ...[rclone, rsync],
      ],
    }),
});

const s3Row: Row = {
  name: 'no-op-s3',
  title: 'nothing to do: 100,000 files compared with S3',
  targets: timesOf([SIZE_ONLY.name], 0.75, 0.6),
  run: (bench) =>
    hold(bench, {
      source: MANY,
      to: {},
      work: 'again',
      rounds: 5,
      contenders: [
        ...ofEachBuild(bench.builds, 'longshore', (build, place) =>
          toS3(build, place, ['--reconcile']),
        ),
        SIZE_ONLY,
      ],
    }),
};

export const nothingToDo: readonly Row[] = [
  folderRow('no-op-folder', 'nothing to do: 100,000 files compared with a folder', MANY),
  folderRow('no-op-folder-1m', 'nothing to do: 1,000,000 files compared with a folder', MILLION),
  scanRow('no-op-scan', 'nothing to do: 100,000 files compared with the index', MANY, 2.4),
  scanRow('no-op-scan-1m', 'nothing to do: 1,000,000 files compared with the index', MILLION, 1.5),
  s3Row,
];
