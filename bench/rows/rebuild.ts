import { chmodSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Contender, ofEachBuild, type Place } from '../contender.js';
import { hold } from '../contest.js';
import { type Build, type Settings, toFolder, toS3 } from '../longshore.js';
import type { Bench, Row } from '../row.js';
import type { Target } from '../target.js';
import { sizesBelow, type TreeSize } from '../tree.js';

const MANY: TreeSize = { files: 100_000, bytes: 1024 };

const REBUILD = 'longshore rebuild';
const NO_SNAPSHOT: Settings = { mirror: 'index_snapshot: off' };

/** The index is made again in less time than by hashing, as a reconcile without it does. */
const targets: readonly Target[] = [
  { subject: REBUILD, figure: 'wall', atMost: 1, of: ['longshore --reconcile'] },
  { subject: REBUILD, figure: 'cpu', atMost: 1, of: ['longshore --reconcile'] },
];

type To = (
  build: Build,
  place: Place,
  args: readonly string[],
  settings?: Settings,
) => ReturnType<typeof toFolder>;

/** Each begins without its state. `before`: what happens to the source as well. */
function contenders(bench: Bench, to: To, before: (place: Place) => void): readonly Contender[] {
  const each = (name: string, args: readonly string[], settings?: Settings) =>
    ofEachBuild(
      bench.builds,
      name,
      (build, place) => to(build, place, args, settings),
      (build, place) => to(build, place, ['--reconcile'], settings),
    );
  return [
    ...each(REBUILD, ['rebuild', 'bench']),
    ...each(`${REBUILD}, no snapshot`, ['rebuild', 'bench'], NO_SNAPSHOT),
    ...each('longshore --reconcile', ['--reconcile'], NO_SNAPSHOT),
  ].map((contender) => ({
    ...contender,
    before(place) {
      rmSync(join(place.folder, 'state'), { recursive: true });
      before(place);
    },
  }));
}

/** As a restored disk does, each file has another ctime than in the index, and the content and mtime of there. */
function changeStats({ source }: Place): void {
  for (const name of sizesBelow(source).keys()) {
    const path = join(source, name);
    chmodSync(path, statSync(path).mode);
  }
}

const row = (
  name: string,
  title: string,
  to: 'folder' | 's3',
  before: (place: Place) => void = () => {},
): Row => ({
  name,
  title,
  targets,
  run: (bench) =>
    hold(bench, {
      source: MANY,
      to: to === 'folder' ? 'folder' : {},
      work: 'again',
      rounds: 3,
      contenders: contenders(bench, to === 'folder' ? toFolder : toS3, before),
    }),
});

export const rebuild: readonly Row[] = [
  row('rebuild-folder', 'the state is lost: 100,000 files and a folder', 'folder'),
  row(
    'rebuild-disk',
    'state and disk are lost: 100,000 restored files and a folder',
    'folder',
    changeStats,
  ),
  row('rebuild-s3', 'state and disk are lost: 100,000 restored files and S3', 's3', changeStats),
];
