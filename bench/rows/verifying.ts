import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AWS_ENVIRONMENT,
  type Contender,
  copyOf,
  ofEachBuild,
  type Place,
  rcloneReadsS3,
} from '../contender.js';
import { hold } from '../contest.js';
import { type Build, toFolder } from '../longshore.js';
import type { Row } from '../row.js';
import type { Command } from '../timing.js';
import type { TreeSize } from '../tree.js';
import { timesOf } from './small-files.js';

const SMALL: TreeSize = { files: 10_000, bytes: 4096 };
const BIG: TreeSize = { files: 8, bytes: 256 * 2 ** 20 };

const REPORT = 'report.jsonl';
const EVERYTHING = ['--read-back', 'all', '--report', REPORT];

/** Programs that read every object and hash it, or compare it with its file. */
const PEERS = [
  rcloneReadsS3('rclone hashsum, 16 checkers', 16, 'hashsum', 'MD5', '--download'),
  rcloneReadsS3('rclone hashsum, 64 checkers', 64, 'hashsum', 'MD5', '--download'),
];
const COMPARES = rcloneReadsS3('rclone check, 16 checkers', 16, 'check', '--download', '$SOURCE');

/** Two at a time, as this machine has two cores. */
const MD5SUM: Contender = {
  name: 'md5sum, 2 at once',
  program: 'md5sum',
  command: (place) => ({
    argv: [
      'sh',
      '-c',
      'find "$1" -type f -print0 | xargs -0 -n 1 -P 2 md5sum',
      'sh',
      copyOf(place),
    ],
  }),
  prepare: (place) => ({ argv: ['cp', '-r', place.source, copyOf(place)] }),
};

/** With nothing but the container: no configuration, no state. */
const verifyS3 = ({ main }: Build, place: Place): Command => ({
  argv: [
    ...[process.execPath, main, 'verify', `s3:${place.bucket}`, ...EVERYTHING],
    ...['--profile', 'aws', '--endpoint', `http://127.0.0.1:${place.port}`],
    ...['--region', 'us-east-1'],
  ],
  env: AWS_ENVIRONMENT,
});

/** What is wrong with the report of a run: each object must have been read and proven. */
function unproven({ folder }: Place, files: number): string | undefined {
  const lines = readFileSync(join(folder, REPORT), 'utf8').trim().split('\n');
  const proven = lines.filter((line) => line.includes('"verdict":"proven"'));
  return proven.length === files ? undefined : `${proven.length} of ${files} objects are proven`;
}

const s3Row = (
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
      contenders: [
        ...ofEachBuild(bench.builds, 'longshore', verifyS3).map((contender) => ({
          ...contender,
          check: (place: Place) => unproven(place, source.files),
        })),
        ...[...PEERS, COMPARES].map((peer) => ({ ...peer, readsOnly: true as const })),
      ],
    }),
});

export const verifying: readonly Row[] = [
  s3Row(
    'verify-small-s3',
    'read-back of 10,000 objects of 4 KiB in S3, every byte hashed',
    SMALL,
    [0.6, 0.6],
  ),
  s3Row('verify-big-s3', 'read-back of 8 objects of 256 MiB in S3, every byte hashed', BIG, [1, 1]),
  {
    name: 'verify-big-folder',
    title: 'read-back of 8 objects of 256 MiB in a folder, every byte hashed',
    targets: timesOf([MD5SUM.name], 1.1, 1.3),
    run: (bench) =>
      hold(bench, {
        source: BIG,
        to: 'folder',
        work: 'again',
        rounds: 3,
        contenders: [
          ...ofEachBuild(
            bench.builds,
            'longshore',
            (build, place) => toFolder(build, place, ['verify', 'bench', ...EVERYTHING]),
            (build, place) => toFolder(build, place, ['--reconcile']),
          ),
          MD5SUM,
        ],
      }),
  },
];
