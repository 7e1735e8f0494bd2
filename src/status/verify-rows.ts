import { printable } from '../printable.js';
import type { MirrorStatus } from '../sync/events.js';
import type { CollectedReports, ProofStatus, VerifyStatus } from '../sync/verify-status.js';
import { bytes, count, counted, duration } from './units.js';

type Row = readonly [label: string, text: string];

/** Damaged objects that are shown; the JSON has more of them. */
const SHOWN = 10;

/** What was read back of a mirror. A daemon of an older version says nothing of it. */
export function verifyRows(
  {
    verify = null,
    lastReport = null,
    damaged = [],
  }: Partial<Pick<MirrorStatus, 'verify' | 'lastReport' | 'damaged'>>,
  nowMs: number,
): readonly Row[] {
  const rows =
    verify === null
      ? damagedRows({ damaged, damagedObjects: damaged.length }, nowMs)
      : ownRows(verify, nowMs);
  return lastReport === null ? rows : [...rows, ['report', reportText(lastReport, nowMs)]];
}

function reportText(
  { atMs, host, shard, proven, doubtful }: CollectedReports,
  nowMs: number,
): string {
  const doubts = doubtful === 0 ? '' : `, ${counted(doubtful, 'object')} doubted`;
  const age = duration((nowMs - atMs) / 1000);
  return `shard ${shard} by ${printable(host)}, taken in ${age} ago: ${counted(proven, 'object')} proven${doubts}`;
}

function ownRows(verify: VerifyStatus, nowMs: number): readonly Row[] {
  const { proofs, neededBytesPerSecond: needed } = verify;
  return [
    ['verified', proofs === null ? 'not known yet' : proofText(proofs, verify, nowMs)],
    ...(needed === null
      ? []
      : [['', `the bandwidth is too small: it would take ${bytes(needed)}/s`] as const]),
    ...damagedRows(verify, nowMs),
    ...(verify.unreadable === 0
      ? []
      : [['', `${counted(verify.unreadable, 'object')} could not be read`] as const]),
  ];
}

function proofText(proofs: ProofStatus, { withinSeconds }: VerifyStatus, nowMs: number): string {
  const { objects, verifiedObjects, neverVerified, oldestProofMs } = proofs;
  const share = objects === 0 ? 100 : Math.floor((verifiedObjects / objects) * 1000) / 10;
  const oldest =
    neverVerified > 0
      ? `${count(neverVerified)} never`
      : oldestProofMs === null
        ? ''
        : `the oldest ${duration((nowMs - oldestProofMs) / 1000)} ago`;
  const within = `${share} % of ${counted(objects, 'object')} within ${duration(withinSeconds)}`;
  return oldest === '' ? within : `${within}, ${oldest}`;
}

function damagedRows(
  { damaged, damagedObjects }: Pick<VerifyStatus, 'damaged' | 'damagedObjects'>,
  nowMs: number,
): readonly Row[] {
  const rows = damaged
    .slice(-SHOWN)
    .map(
      ({ name, problem, sinceMs }) =>
        [
          'damaged',
          `${printable(name)}: ${problem}, found ${duration((nowMs - sinceMs) / 1000)} ago`,
        ] as const,
    );
  return damagedObjects > rows.length
    ? [...rows, ['', `and ${count(damagedObjects - rows.length)} more`]]
    : rows;
}
