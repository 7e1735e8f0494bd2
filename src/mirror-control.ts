import { explainedObject, type PatternPlace, placeText } from './explained-object.js';
import type { MirrorControl, SourceNow, TrashedContent } from './status/mirror-control.js';
import type { TrashAnswer } from './status/schema-mirror.js';
import type { Guard } from './sync/guard/guard.js';
import type { KeptMirror } from './sync/mirror/keep-mirrored.js';
import type { Mirror } from './sync/mirror/mirror.js';
import { type DueRun, RECONCILE, SCAN } from './sync/run.js';
import { contentOf } from './sync/store/restore-object.js';
import { findTrashed } from './sync/trash/find-trashed.js';
import { listTrash, type TrashEntry } from './sync/trash/list-trash.js';

/**
 * `patternPlace` is about the configuration that is loaded. `kept`: the mirror once it is watched; undefined: not yet.
 */
export function mirrorControl(
  mirror: Mirror,
  patternPlace: PatternPlace,
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
    placeOf: (place) => placeText(place, patternPlace, settings.name),
    guard: guardControl(mirror.parts.guard, requestRun),
    requestRun,
    retryNow: mirror.retryNow,
    pausedUntilMs: () => mirror.parts.paused?.gate.pausedUntilMs ?? null,
    explained: (name) =>
      explainedObject(
        { settings, source, index: parts.index, mirror: settings.name },
        patternPlace,
        name,
      ),
    recordOf: mirror.parts.index.get,
    *namesAfter(after) {
      for (const [name] of parts.index.entries(after === undefined ? {} : { after })) yield name;
    },
    targetTrouble: () => mirror.parts.health.trouble?.message,
    async probeTarget(signal) {
      await mirror.parts.backend.headContainer(mirror.settings.container, { signal });
    },
    pastRuns: () => parts.ledger.read().pastRuns ?? [],
    trash: (signal) => lookAtTrash(mirror, signal),
    trashed: (name, atMs, signal) => openTrashed(mirror, { name, atMs }, signal),
    askedVerify: mirror.askedVerify,
    sourceNow: () => sourceNow(mirror),
    isInSource: (path) => isInSource(mirror, path),
  };
}

async function openTrashed(
  { settings, parts: { backend } }: Pick<Mirror, 'settings' | 'parts'>,
  wanted: { readonly name: string; readonly atMs: number },
  signal: AbortSignal,
): Promise<TrashedContent | undefined> {
  const entry = await findTrashed(backend, settings, wanted, signal);
  if (entry === undefined) return undefined;
  const ref = { container: settings.container, key: entry.key };
  const info = await backend.headObject(ref, { signal });
  return { bytes: info.size, content: () => contentOf(info, entry.name, backend, signal) };
}

/** A source that cannot be looked at has a veto, too. */
function sourceNow({ source }: Pick<Mirror, 'source'>): SourceNow {
  try {
    return { veto: source.deleteVeto(), fileSystem: source.identity().fileSystemUuid };
  } catch (error) {
    return {
      veto: error instanceof Error ? error.message : String(error),
      fileSystem: undefined,
    };
  }
}

function isInSource({ source }: Pick<Mirror, 'source'>, path: string): boolean | undefined {
  try {
    const { found } = source.stat(path);
    if (found === 'nothing') return false;
    return found === 'entry' || found === 'folder' ? true : undefined;
  } catch {
    return undefined;
  }
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
    newest: newest.map(({ name, size, atMs, why = null }) => ({
      name,
      bytes: size,
      removedAtMs: atMs,
      why,
      untilMs: trashKeepMs === 0 ? null : atMs + trashKeepMs,
    })),
  };
}

/** Carries out decisions at once, by a run. */
function guardControl(guard: Guard, due: (run: DueRun) => void): MirrorControl['guard'] {
  return {
    describe: guard.describe,
    get heldVersion() {
      return guard.heldVersion;
    },
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
