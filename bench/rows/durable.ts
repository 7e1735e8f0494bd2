import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ofEachBuild } from '../contender.js';
import { hold } from '../contest.js';
import { toFolder } from '../longshore.js';
import type { Subject } from '../result.js';
import type { Bench, Row } from '../row.js';
import { countOfCalls } from '../strace.js';

const SMALL = { files: 10_000, bytes: 4096 };
const UNSAFE = 'longshore, fsync: false';
const TRACED = 'longshore under strace';
const SYNCS = 'fsync,fdatasync,syncfs,sync_file_range';

/** On a disk, because it measures how the disk is asked to write. */
const CONTEST = { source: SMALL, to: 'folder', work: 'first', onDisk: true } as const;

export const durable: Row = {
  name: 'durable',
  title: 'first mirror of 10,000 files of 4 KiB to a folder on the disk, safe from a loss of power',
  targets: [
    { subject: 'longshore', figure: 'wall', atMost: 1.3, of: [UNSAFE] },
    { subject: TRACED, figure: 'syncs', atMost: 20 },
  ],
  async run(bench) {
    const fsync = (on: boolean, name: string) =>
      ofEachBuild(bench.builds, name, (build, place) =>
        toFolder(build, place, ['--reconcile'], { fsync: on }),
      );
    const timed = await hold(bench, {
      ...CONTEST,
      rounds: 5,
      contenders: [...fsync(true, 'longshore'), ...fsync(false, UNSAFE)],
    });
    return { ...timed, subjects: [...timed.subjects, ...(await traced(bench))] };
  },
};

/** A run of its own, because strace slows a program down, if with `--seccomp-bpf` only in the calls that are counted. */
async function traced(bench: Bench): Promise<readonly Subject[]> {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-strace-'));
  const report = join(folder, 'calls');
  try {
    const contenders = ofEachBuild(bench.builds.slice(0, 1), TRACED, (build, place) => {
      const { argv } = toFolder(build, place, ['--reconcile'], { fsync: true });
      return {
        argv: [
          'strace',
          '-f',
          '--seccomp-bpf',
          '-c',
          '-o',
          report,
          '-e',
          `trace=${SYNCS}`,
          ...argv,
        ],
      };
    }).map((contender) => ({ ...contender, program: 'strace' }));
    const { subjects } = await hold({ ...bench, rounds: 1 }, { ...CONTEST, rounds: 1, contenders });
    return subjects.map((subject) => ({
      ...subject,
      command: subject.command.replace(report, '$REPORT'),
      samples: subject.samples.map(() => ({
        syncs: countOfCalls(readFileSync(report, 'utf8')) / (SMALL.files / 1000),
      })),
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
