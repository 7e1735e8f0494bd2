import { dayOf, ownZone } from '../calendar-day.js';
import type { BytesByAge, VerifyStatus } from '../sync/verify-status.js';
import type { MirrorControl } from './mirror-control.js';
import type { VerifyAnswer } from './schema-verify.js';

/** How much of a mirror was read back, and what was read and compared before. `nowMs`: since the epoch. */
export function verifyAnswer(
  control: Pick<MirrorControl, 'status' | 'askedVerify' | 'pastRuns'>,
  nowMs: number,
): VerifyAnswer {
  const { verify, health } = control.status();
  const asked = control.askedVerify.status();
  const runs = pastOf(control);
  return {
    on: verify !== null,
    withinSeconds: verify?.withinSeconds ?? null,
    verifiedShare: health.verified?.share ?? null,
    share: sharesOf(verify?.proofs?.bytesByAge),
    oldest: oldestOf(verify),
    budget: verify && {
      bytesPerSecond: verify.bytesPerSecond,
      readTodayBytes: readOn(runs, nowMs),
    },
    runs,
    neverVerified: health.verified?.neverVerified ?? null,
    oldestProofMs: health.verified?.oldestProofMs ?? null,
    damaged: (verify?.damaged ?? []).map((finding) => ({ ...finding })),
    damagedObjects: verify?.damagedObjects ?? 0,
    unreadable: verify?.unreadable ?? 0,
    neededBytesPerSecond: verify?.neededBytesPerSecond ?? null,
    asked: asked && { ...asked, wrong: [...asked.wrong] },
  };
}

function pastOf(control: Pick<MirrorControl, 'pastRuns'>): VerifyAnswer['runs'] {
  return control
    .pastRuns()
    .map(({ asked = false, ...run }) => ({ ...run, asked }))
    .reverse();
}

/** Each of all bytes; null: there are none, or they were not looked at yet. */
function sharesOf(bytes: BytesByAge | undefined): VerifyAnswer['share'] {
  if (bytes === undefined) return null;
  const { within7d, within30d, older, never } = bytes;
  const all = within7d + within30d + older + never;
  return all === 0
    ? null
    : { '7d': within7d / all, '30d': within30d / all, older: older / all, never: never / all };
}

function oldestOf(verify: VerifyStatus | null): VerifyAnswer['oldest'] {
  const { oldestUnverified = null } = verify?.proofs ?? {};
  return oldestUnverified && { ...oldestUnverified };
}

function readOn(runs: VerifyAnswer['runs'], nowMs: number): number {
  const zone = ownZone();
  const today = dayOf(nowMs, zone);
  const own = runs.filter(
    ({ kind, asked, startedAtMs }) =>
      kind === 'read-back' && !asked && dayOf(startedAtMs, zone) === today,
  );
  return own.reduce((sum, { bytes }) => sum + bytes, 0);
}
