/** What is known to go wrong at some calls and is not mended yet. Such a run is counted as skipped, with its reason. */
interface KnownFault {
  readonly point: RegExp;
  /** Every violation of the run must be one of these; what else happens is a failure. */
  readonly violation: RegExp;
  readonly why: string;
}

const KNOWN: readonly KnownFault[] = [
  {
    point: /^\w+\/state\/(open|create|lock|mmap|read)\/.*index\.mdb/,
    violation: /^crash: SIG(SEGV|ABRT)$/,
    why: 'lmdb-js ends the process where its own opening of a file fails after a trial in a child: see src/state/opening-mark.ts',
  },
];

/** Why a run that broke these promises was to be expected; undefined: it was not. */
export function knownReason(point: string, violations: readonly string[]): string | undefined {
  const known = KNOWN.find((each) => each.point.test(point));
  return known !== undefined && violations.every((line) => known.violation.test(line)) ? known.why : undefined;
}
