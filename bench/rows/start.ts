import { ofEachBuild } from '../contender.js';
import { hold } from '../contest.js';
import { toFolder } from '../longshore.js';
import type { Row } from '../row.js';

const ONE = { files: 1, bytes: 4096 };

/** What a program costs before it does anything. Short runs are repeated, since CPU time is counted in steps of 10 ms. */
export const start: readonly Row[] = [
  {
    name: 'no-op-one-file',
    title: 'nothing to do: one file compared with a folder',
    targets: [
      { subject: 'longshore', figure: 'wall', atMost: 0.18 },
      { subject: 'longshore', figure: 'rss', atMost: 85 },
    ],
    run: (bench) =>
      hold(bench, {
        source: ONE,
        to: 'folder',
        work: 'again',
        rounds: 5,
        contenders: ofEachBuild(bench.builds, 'longshore', (build, place) => ({
          ...toFolder(build, place, ['--reconcile']),
          times: 10,
        })),
      }),
  },
  {
    name: 'version',
    title: 'longshore --version',
    targets: [{ subject: 'longshore', figure: 'wall', atMost: 0.07 }],
    run: (bench) =>
      hold(bench, {
        source: ONE,
        to: 'folder',
        work: 'again',
        rounds: 5,
        contenders: [
          ...ofEachBuild(bench.builds, 'longshore', ({ main }) => ({
            argv: [process.execPath, main, '--version'],
            times: 20,
          })).map((contender) => ({ ...contender, readsOnly: true as const })),
          {
            name: 'node -e 0',
            program: 'node',
            readsOnly: true,
            command: () => ({ argv: [process.execPath, '-e', '0'], times: 20 }),
          },
        ],
      }),
  },
];
