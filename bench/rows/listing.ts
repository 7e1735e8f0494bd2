import { ofEachBuild, type Place, rcloneToS3 } from '../contender.js';
import { hold } from '../contest.js';
import { type Build, toS3 } from '../longshore.js';
import type { Row } from '../row.js';
import type { Command } from '../timing.js';

const PAGE_DELAY_MS = 60;
/** So that the objects that the server begins with can be adopted without an update of each. */
const NO_METADATA = 'metadata: []';
const ONE_BY_ONE = 'longshore, concurrency: 1';

const listed = (build: Build, place: Place, target?: string): Command =>
  toS3(build, place, ['--reconcile'], {
    mirror: NO_METADATA,
    ...(target === undefined ? {} : { target }),
  });

const row = (name: string, title: string, objects: number): Row => ({
  name,
  title,
  ...(objects >= 1_000_000 ? { large: true } : {}),
  targets: [{ subject: 'longshore', figure: 'wall', atMost: 0.2, of: [ONE_BY_ONE] }],
  run: (bench) =>
    hold(bench, {
      source: { files: objects, bytes: 0 },
      to: { objects, pageDelayMs: PAGE_DELAY_MS },
      work: 'again',
      rounds: 3,
      contenders: [
        ...ofEachBuild(bench.builds, 'longshore', (build, place) => listed(build, place)),
        ...ofEachBuild(
          bench.builds.slice(0, 1),
          ONE_BY_ONE,
          (build, place) => listed(build, place, 'concurrency: 1'),
          (build, place) => listed(build, place),
        ),
        rcloneToS3('rclone --size-only --fast-list', '--size-only', '--fast-list'),
      ],
    }),
});

/** The containers are full from the beginning, so a first mirror adopts the objects. */
export const listing: readonly Row[] = [
  row('listing', 'nothing to do: 100,000 objects, 60 ms for each page of the listing', 100_000),
  row(
    'listing-1m',
    'nothing to do: 1,000,000 objects, 60 ms for each page of the listing',
    1_000_000,
  ),
];
