import type { OpenFinding } from '../verify-status.js';
import type { AskedVerify } from './asked-verify.js';
import { createReportCollector, type ReportCollector } from './collect-reports.js';
import { latestDamaged } from './mirror-health.js';
import type { MirrorParts } from './mirror-parts.js';
import { examinedOf, openAskedVerify, openScrub, type ScrubParts } from './open-scrub.js';
import type { Scrub } from './scrub.js';
import { createOpenFindings } from './scrub-findings.js';

/** What reads a mirror's objects back, here and on other machines. */
export interface Readings {
  /** Undefined: the mirror does not verify. */
  readonly scrub: Scrub | undefined;
  readonly askedVerify: AskedVerify;
  readonly reports: ReportCollector;
  /** See MirrorStatus. */
  damaged(): readonly OpenFinding[];
}

export type ReadingParts = Omit<ScrubParts, 'parts' | 'findings'> & {
  readonly parts: ScrubParts['parts'] & Pick<MirrorParts, 'lease'>;
};

export function openReadings(given: ReadingParts): Readings {
  const { parts, stats } = given;
  const { settings, backend, lease, ledger, paused, clock } = parts;
  const findings = createOpenFindings(clock);
  const scrubbed = { ...given, findings };
  const scrub = openScrub(scrubbed);
  return {
    scrub,
    askedVerify: openAskedVerify(scrubbed),
    reports: createReportCollector({
      ...examinedOf(scrubbed, backend),
      place: settings,
      findings,
      isReady() {
        // Without a snapshot there was nothing to cut shards by.
        const { reconciled, snapshot } = ledger.read();
        return reconciled && snapshot !== undefined && paused?.gate.pausedUntilMs === undefined;
      },
      maySleep: () => lease.status()?.renewsWhenUsed === true,
      recorded: () => scrub?.noteProofs(),
      report: (collected) => stats.report({ event: 'report-collected', ...collected }),
    }),
    damaged: () => latestDamaged(findings),
  };
}
