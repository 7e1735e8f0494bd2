import type { Config } from './config/config.js';
import { explainedObject } from './explained-object.js';
import type { GuardControl } from './status/guard-control.js';
import type { MirrorControl } from './status/mirror-control.js';
import type { TrashAnswer } from './status/schema-mirror.js';
import type { Guard } from './sync/guard/guard.js';
import type { KeptMirror } from './sync/mirror/keep-mirrored.js';
import type { Mirror } from './sync/mirror/mirror.js';
import { type DueRun, RECONCILE, SCAN } from './sync/run.js';
import { listTrash, type TrashEntry } from './sync/trash/list-trash.js';

/** `kept`: the mirror once it is watched; undefined: not yet. */
export function mirrorControl(
  mirror: Mirror,
  config: Pick<Config, 'file'>,
  kept: () => KeptMirror | undefined,
): MirrorControl {
  const { settings, source, parts } = mirror;
  const requestRun = (run: DueRun) => kept()?.requestRun(run) ?? false;
  return {
    settings:
      settings.maxLagMs === 0
        ? settings
        : { ...settings, lagTargetSeconds: settings.maxLagMs / 1_000 },
    status: () => mirror.status(kept()?.watchState() ?? null),
    figures: mirror.figures,
    guard: guardControl(mirror.parts.guard, requestRun),
    requestRun,
    retryNow: mirror.retryNow,
    pausedUntilMs: () => mirror.parts.paused?.gate.pausedUntilMs ?? null,
    explained: (name) =>
      explainedObject(
        { settings, source, index: parts.index, mirror: settings.name },
        config,
        name,
      ),
    recordOf: mirror.parts.index.get,
    targetTrouble: () => mirror.parts.health.trouble?.message,
    async probeTarget(signal) {
      await mirror.parts.backend.headContainer(mirror.settings.container, { signal });
    },
    trash: (signal) => lookAtTrash(mirror, signal),
  };
}

/** Objects of a trash that are counted, and those that are shown. */
const MOST_COUNTED = 100_000;
const NEWEST = 100;

async function lookAtTrash(
  { settings, parts: { backend } }: Pick<Mirror, 'settings' | 'parts'>,
  signal: AbortSignal,
): Promise<TrashAnswer> {
  const { trashKeepMs, policy } = settings;
  let objects = 0;
  let bytes = 0;
  let newest: readonly TrashEntry[] = [];
  for await (const page of listTrash(backend, settings, signal)) {
    objects += page.length;
    bytes += page.reduce((sum, { size }) => sum + size, 0);
    newest = [...newest, ...page].sort((a, b) => b.atMs - a.atMs).slice(0, NEWEST);
    if (objects >= MOST_COUNTED) break;
  }
  return {
    on: policy.deletes === 'trash',
    objects,
    bytes,
    more: objects >= MOST_COUNTED,
    newest: newest.map(({ name, size, atMs }) => ({
      name,
      bytes: size,
      removedAtMs: atMs,
      untilMs: trashKeepMs === 0 ? null : atMs + trashKeepMs,
    })),
  };
}

/** Carries out decisions at once, by a run. */
function guardControl(guard: Guard, due: (run: DueRun) => void): GuardControl {
  return {
    describe: guard.describe,
    list: guard.list,
    async approve(id) {
      // Extraneous objects are found only where the container is listed.
      const run = guard.held.extraneous > 0 ? RECONCILE : SCAN;
      const approved = await guard.approve(id);
      due({ ...run, why: 'held changes were approved' });
      return approved;
    },
    reject: guard.reject,
    async undoRejections() {
      const undone = await guard.undoRejections();
      due({ ...SCAN, why: 'rejections were taken back' });
      return undone;
    },
  };
}
