import type { ReloadAnswer, ReloadPreview } from '../status/schema-reload.js';
import type { ReloadPlan } from './plan.js';
import type { Affected } from './risk.js';

/** What a plan says, without how it was found out. */
export function answerOf(
  { mirrors, targets, daemon }: ReloadPlan,
  affected: readonly Affected[],
): Omit<ReloadAnswer, 'outcome' | 'file' | 'seconds'> {
  return {
    mirrors: {
      kept: [...mirrors.kept],
      added: [...mirrors.added],
      removed: [...mirrors.removed],
      changed: mirrors.changed.map(({ mirror, settings, restarts }) => ({
        mirror,
        settings: [...settings],
        restarts,
      })),
    },
    targets: targets.changed.map(({ target, settings }) => ({ target, settings: [...settings] })),
    daemon: [...daemon.settings],
    affected: affected.map((each) => ({ ...each, names: [...each.names] })),
  };
}

/** The preview of a file that cannot be loaded, and so cannot be compared. */
export function refusedPreview(file: string, refused: readonly string[]): ReloadPreview {
  return {
    outcome: 'refused',
    file,
    digest: null,
    refused: [...refused],
    mirrors: { kept: [], added: [], removed: [], changed: [] },
    targets: [],
    daemon: [],
    affected: [],
  };
}

/** `12 objects of documents would be deleted: why (exclude)`; `objects` where their number is not known. */
export function affectedText({ mirror, setting, becomes, objects, why }: Affected): string {
  const amount = objects === null ? 'objects' : objects === 1 ? '1 object' : `${objects} objects`;
  return `${amount} of ${mirror} ${BECOMES[becomes]}: ${why} (${setting})`;
}

const BECOMES: Readonly<Record<Affected['becomes'], string>> = {
  deleted: 'would be deleted, unless the guard holds it',
  left: 'would stay in the container without a mirror',
  replaced: 'would be replaced by what their files have',
  held: 'would wait for `longshore accept-source`',
};
