import type { Observed } from './judge.js';
import { nameOf } from './points.js';

/** What is known to go wrong at some calls and cannot be mended here. Such a run is counted as skipped, with its reason. */
interface KnownFault {
  readonly point: RegExp;
  /** Every violation of the run must be one of these; what else happens is a failure. */
  readonly violation: RegExp;
  /** What the next run must log, as evidence of where it happened. */
  readonly evidence: RegExp;
  readonly why: string;
}

const KNOWN: readonly KnownFault[] = [
  {
    // The calls that open a file which is there already. A child process makes the files: what fails there ends only the child.
    point:
      /^\w+\/state\/(open|create|lock|mmap|read|stat)\/mirrors\/documents\/index\.mdb(-inodes)?(-lock)?#/,
    violation: /^crash: SIG(SEGV|ABRT)$/,
    evidence: / warn the last start ended while it opened the index mirror=documents /,
    why: 'lmdb-js ends the process where its own opening of a file fails after a trial in a child: see src/state/opening-mark.ts',
  },
];

/** Why a run that broke these promises was to be expected; undefined: it was not. */
export function knownReason(
  { point, second }: Pick<Observed, 'point' | 'second'>,
  violations: readonly string[],
): string | undefined {
  const known = KNOWN.find((each) => point !== undefined && each.point.test(nameOf(point)));
  if (known === undefined || !known.evidence.test(second?.stderr ?? '')) return undefined;
  return violations.every((line) => known.violation.test(line)) ? known.why : undefined;
}
