import { tmpdir } from 'node:os';
import { findDriver } from '../drivers/registry/registry.js';
import { mirrorPlace } from '../mirror-place.js';
import { StateError, StateLockedError } from '../state/errors.js';
import type { ObjectIndex, ObjectName } from '../state/object-index.js';
import type { MirrorStore } from '../state/open-mirror.js';
import { openState } from '../state/open-state.js';
import { withRun } from '../sync/mirror/past-runs.js';
import { type ObjectVersion, type Proof, proveAll, versionOf } from '../sync/proof/prove.js';
import { openSpill } from '../sync/scan/spill.js';
import type { Verdict } from '../verify/verify-events.js';
import type { PlaceCommand } from './open-place.js';
import { noteLine } from './output.js';

/** Keeps what was read back, until the index can take it. */
export interface ProofRecorder {
  add(name: ObjectName, version: ObjectVersion | undefined, verdict: Verdict): void;
  /**
   * Writes the proofs down, and what was read as a run of the past, where this machine has the state of the mirror and no process works on it: a daemon reads
   * everything back by itself. Never rejects because of the state.
   */
  record(): Promise<void>;
  close(): void;
}

/** A proof as JSON keeps it: the fields by which a version of an object is known. */
type KeptProof = readonly [name: ObjectName, atMs: number | null, version: ObjectVersion];

const AT_ONCE = 1_000;

export function openProofRecorder({ place, index, io, signal }: PlaceCommand): ProofRecorder {
  const { clock, stderr } = io;
  const kept = openSpill<KeptProof>(tmpdir());
  const startedAtMs = clock.now();
  const beganMs = clock.monotonic();
  const read = { objects: 0, bytes: 0, differences: 0 };

  async function note({ ledger }: Pick<MirrorStore, 'ledger'>): Promise<void> {
    const seconds = (clock.monotonic() - beganMs) / 1_000;
    const run = { kind: 'read-back', asked: true, startedAtMs, seconds, ...read } as const;
    await ledger.update((document) => ({
      ...document,
      pastRuns: withRun(document.pastRuns ?? [], run),
    }));
  }

  async function write(target: ObjectIndex): Promise<void> {
    let some: Proof[] = [];
    for (const [name, atMs, record] of kept.items()) {
      some.push({ name, record, atMs: atMs ?? undefined });
      if (some.length < AT_ONCE) continue;
      signal.throwIfAborted();
      await proveAll(target, some);
      some = [];
    }
    await proveAll(target, some);
  }

  return {
    add(name, version, verdict) {
      if (index.whole === undefined || version?.state !== 'confirmed') return;
      const isProven = verdict === 'proven';
      read.objects += 1;
      read.bytes += version.size;
      read.differences += isProven ? 0 : 1;
      kept.add([name, isProven ? clock.now() : null, versionOf(version)]);
    },
    async record() {
      if (place.mirror === undefined || kept.size === 0) return;
      const { config, settings } = place.mirror;
      const { name, index: engine } = settings;
      const mirrors = [{ name, engine, place: mirrorPlace(settings, place.target, findDriver) }];
      try {
        const state = await openState({ folder: config.stateFolder, mirrors, clock, signal });
        try {
          const store = state.mirrors.get(name);
          if (store === undefined) return;
          await write(store.index);
          await note(store);
        } finally {
          await state.close();
        }
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof StateError)) throw error;
        // A daemon keeps its own proofs.
        if (!(error instanceof StateLockedError))
          noteLine(stderr, `warning: the proofs are not recorded: ${error.message}`);
      }
    },
    close: kept.close,
  };
}
