import type { Observed } from './judge.js';
import { nameOf } from './points.js';

/** What is known to go wrong at some calls and cannot be mended here. Such a run is counted as skipped, with its reason. */
interface KnownFault {
  readonly point: RegExp;
  /** Every violation of the run must be one of these; what else happens is a failure. */
  readonly violation: RegExp;
  /** What must be on stderr of the run that met the fault, or of the next one, as evidence of where it happened. */
  readonly evidence: { readonly run: 'faulty' | 'second'; readonly line: RegExp };
  readonly why: string;
}

const KNOWN: readonly KnownFault[] = [
  {
    // The calls that open a file which is there already. A child process makes the files: what fails there ends only the child.
    point:
      /^\w+\/state\/(open|create|lock|mmap|read|stat)\/mirrors\/documents\/index\.mdb(-inodes)?(-lock)?#/,
    violation: /^crash: SIG(SEGV|ABRT)$/,
    evidence: {
      run: 'second',
      line: / warn the last start ended while it opened the index mirror=documents /,
    },
    why: 'lmdb-js ends the process where its own opening of a file fails after a trial in a child: see src/state/opening-mark.ts',
  },
  {
    // lmdb-js 3.5.6 formats the message of a failed pwrite into 100 bytes, which are too few (mdb.c, mdb_page_flush). The C
    // library may meet what that overwrote before the process has come to its orderly end, some milliseconds later.
    point: /^\w+\/state\/write\/mirrors\/documents\/index\.mdb(-inodes)?#\d+\/(EIO|ENOSPC)$/,
    violation: /^(crash: SIG(SEGV|ABRT)|stderr: "Write error: [^"]*, size \d+(\\n[\w():,. ]+)?")$/,
    evidence: { run: 'faulty', line: /^Write error: .*, size \d+$/m },
    why: 'lmdb-js overwrites memory where a write of the index fails: see src/state/failed-environment.ts',
  },
];

/** Why a run that broke these promises was to be expected; undefined: it was not. */
export function knownReason(
  observed: Pick<Observed, 'point' | 'faulty' | 'second'>,
  violations: readonly string[],
): string | undefined {
  const { point } = observed;
  const known = KNOWN.find((each) => point !== undefined && each.point.test(nameOf(point)));
  if (known === undefined) return undefined;
  const { run, line } = known.evidence;
  if (!line.test(observed[run]?.stderr ?? '')) return undefined;
  return violations.every((line) => known.violation.test(line)) ? known.why : undefined;
}
