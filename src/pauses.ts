import type { Clock } from './clock.js';
import type { Closable } from './lifecycle.js';
import type { Logger } from './log.js';
import { NO_PAUSES, openPausesFile, type PausesDocument } from './state/pauses-file.js';
import type { PausableName } from './status/api-pause-routes.js';
import { createPauseGate, type PauseGate } from './sync/work/pause-gate.js';
import type { Telemetry } from './telemetry/telemetry.js';

/** What a person has paused. A pause has an end, and survives restarts. */
export interface Pauses extends Closable {
  /** The gate of a mirror; closed while the mirror or its target is paused. The same for the same mirror. */
  gateOf(mirror: string, target: string): PauseGate;
  /** The mirror has ended: its gate does not change any more. A mirror of this name that is opened later gets a gate of its own. */
  forget(mirror: string): void;
  /** Milliseconds since the epoch; undefined: it is not paused by itself. */
  untilOf(what: PausableName): number | undefined;
  /** Resolves when the pause is durable; a pause that is there gets this end. */
  pause(what: PausableName, untilMs: number): Promise<void>;
  /** Resolves with whether it was paused. */
  resume(what: PausableName): Promise<boolean>;
}

export interface PausesOptions {
  readonly stateFolder: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly telemetry: Pick<Telemetry, 'emit'>;
}

interface Gated {
  readonly mirror: string;
  readonly target: string;
  readonly gate: PauseGate;
}

/** A clock may be set meanwhile, so the end of a pause is looked for at least this often. */
const LOOK_EVERY_MS = 30_000;

const KEYS = { mirror: 'mirrors', target: 'targets' } as const;

/** A file of pauses that cannot be read pauses nothing: it is logged, and a mirror that is not paused is up to date. */
export async function openPauses(options: PausesOptions): Promise<Pauses> {
  const { stateFolder, clock, log, telemetry } = options;
  const document = await openPausesFile(stateFolder).catch((error: unknown) => {
    log.error('pauses not read, nothing is paused', { error });
    return undefined;
  });
  let now: PausesDocument = document?.read() ?? NO_PAUSES;
  const gated: Gated[] = [];
  let cancel = () => {};

  const untilOf = ({ kind, name }: PausableName): number | undefined => {
    const untilMs = Object.hasOwn(now[KEYS[kind]], name) ? now[KEYS[kind]][name] : undefined;
    return untilMs !== undefined && untilMs > clock.now() ? untilMs : undefined;
  };

  /** The only place that changes the gates. */
  function applyToGates(): void {
    for (const { mirror, target, gate } of gated) {
      const ends = [
        untilOf({ kind: 'mirror', name: mirror }),
        untilOf({ kind: 'target', name: target }),
      ].filter((end) => end !== undefined);
      gate.pause(ends.length === 0 ? undefined : Math.max(...ends));
    }
    cancel();
    const nextMs = Math.min(LOOK_EVERY_MS, ...endsIn(now).map((end) => end - clock.now()));
    if (endsIn(now).length > 0) cancel = clock.after(Math.max(nextMs, 1), endPassed);
  }

  function endPassed(): void {
    const passed = pausablesIn(now).filter((what) => untilOf(what) === undefined);
    for (const what of passed) {
      log.info('pause ended', { [what.kind]: what.name });
      set(what, undefined).catch((error: unknown) => log.warn('pause not recorded', { error }));
    }
    if (passed.length === 0) applyToGates();
  }

  async function set(what: PausableName, untilMs: number | undefined): Promise<void> {
    const change = (pauses: PausesDocument) => changed(pauses, what, untilMs);
    if (document === undefined && untilMs !== undefined)
      throw new Error('the pauses of the state folder cannot be read: see the log');
    await document?.update(change);
    now = change(now);
    applyToGates();
    telemetry.emit({ event: 'pause', what: what.kind, name: what.name, untilMs: untilMs ?? null });
  }

  return {
    gateOf(mirror, target) {
      const known = gated.find((each) => each.mirror === mirror);
      if (known !== undefined) return known.gate;
      const gate = createPauseGate();
      gated.push({ mirror, target, gate });
      applyToGates();
      return gate;
    },
    forget(mirror) {
      const at = gated.findIndex((each) => each.mirror === mirror);
      if (at >= 0) gated.splice(at, 1);
    },
    untilOf,
    pause: set,
    async resume(what) {
      const wasPaused = untilOf(what) !== undefined;
      if (wasPaused) await set(what, undefined);
      return wasPaused;
    },
    async close() {
      cancel();
      await document?.close();
    },
  };
}

function changed(
  pauses: PausesDocument,
  { kind, name }: PausableName,
  untilMs: number | undefined,
): PausesDocument {
  const { [name]: _, ...others } = pauses[KEYS[kind]];
  const times = untilMs === undefined ? others : { ...others, [name]: untilMs };
  return { ...pauses, [KEYS[kind]]: times };
}

function endsIn({ mirrors, targets }: PausesDocument): readonly number[] {
  return [...Object.values(mirrors), ...Object.values(targets)];
}

function pausablesIn({ mirrors, targets }: PausesDocument): readonly PausableName[] {
  return [
    ...Object.keys(mirrors).map((name) => ({ kind: 'mirror', name }) as const),
    ...Object.keys(targets).map((name) => ({ kind: 'target', name }) as const),
  ];
}
