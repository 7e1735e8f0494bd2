import type { RunReport } from '../../state/ledger.js';
import type { WatchState } from '../../watcher/watcher.js';
import type { ProofPace } from '../proof/pace.js';
import type { ProofCounts } from '../proof/survey.js';
import type {
  MirrorHealth,
  OpenFinding,
  ProofStatus,
  VerifiedShare,
  VerifyStatus,
} from '../verify-status.js';
import type { OpenFindings } from './scrub-findings.js';

/** Findings that a status lists. */
const SHOWN = 100;

export function verifyStatusOf(
  { withinMs, bytesPerSecond }: ProofPace,
  counts: ProofCounts | undefined,
  { damaged, unreadable }: ReturnType<OpenFindings['open']>,
  needed: number | undefined,
): VerifyStatus {
  return {
    withinSeconds: withinMs / 1000,
    bytesPerSecond: Number.isFinite(bytesPerSecond) ? bytesPerSecond : null,
    proofs: counts === undefined ? null : proofStatusOf(counts),
    damaged: damaged.slice(-SHOWN),
    damagedObjects: damaged.length,
    unreadable,
    neededBytesPerSecond: needed ?? null,
  };
}

/** Of all that is known to be damaged. */
export function latestDamaged(findings: Pick<OpenFindings, 'open'>): readonly OpenFinding[] {
  return findings.open().damaged.slice(-SHOWN);
}

function proofStatusOf(counts: ProofCounts): ProofStatus {
  const { objects, bytes, verified, never, oldestMs, bytesByAge, unverified } = counts;
  return {
    objects,
    bytes,
    verifiedObjects: verified.objects,
    verifiedBytes: verified.bytes,
    neverVerified: never,
    oldestProofMs: oldestMs ?? null,
    bytesByAge,
    oldestUnverified: unverified[0] ?? null,
  };
}

/** See MirrorHealth. */
export function healthOf(
  lagSeconds: number | null,
  lastReconcile: RunReport | null,
  watch: WatchState | null,
  verify: VerifyStatus | null,
): MirrorHealth {
  return {
    lagSeconds,
    lastReconcileMs:
      lastReconcile === null ? null : lastReconcile.startedAtMs + lastReconcile.seconds * 1000,
    eventsLost: watch === null ? null : watch.losses,
    verified: verify === null || verify.proofs === null ? null : shareOf(verify, verify.proofs),
  };
}

function shareOf({ withinSeconds }: VerifyStatus, proofs: ProofStatus): VerifiedShare {
  const { objects, verifiedObjects, neverVerified, oldestProofMs } = proofs;
  return {
    share: objects === 0 ? 1 : verifiedObjects / objects,
    withinSeconds,
    neverVerified,
    oldestProofMs,
  };
}
