import { isoTime } from '../clock.js';
import type { Config, MirrorConfig, TargetConfig } from '../config/config.js';
import type { PlannedMirror } from '../plan/plan-file.js';
import { PLAN_VERSION } from '../plan/plan-file.js';
import { writePlan } from '../plan/write-plan.js';
import type { SyncEvent } from '../sync/events.js';
import { findTarget } from './drivers.js';

/** The plan file of a run, written as the run finds what is to be done. */
export interface PlanOutput {
  /** Takes the actions of a run's events. */
  observe(event: SyncEvent): void;
  /** Gives the plan its name. Returns how many actions it has. @throws the error of the disk. */
  finish(): number;
  /** Leaves no file behind. */
  abandon(): void;
}

/** @throws the error of the disk. */
export function openPlanOutput(
  file: string,
  config: Config,
  names: readonly string[],
  nowMs: number,
): PlanOutput {
  const mirrors = config.mirrors.filter(({ name }) => names.length === 0 || names.includes(name));
  const writer = writePlan(file, {
    longshorePlan: PLAN_VERSION,
    made: isoTime(nowMs),
    mirrors: mirrors.map((mirror) => plannedMirror(mirror, findTarget(config, mirror.target))),
  });
  let failure: unknown;
  return {
    observe(event) {
      if (event.event !== 'planned' || event.planned === undefined || failure !== undefined) return;
      const { mirror, job, name, why, bytes, planned } = event;
      try {
        writer.add({ mirror, job, name, why, bytes, ...planned });
      } catch (error) {
        failure = error; // a listener of events must not throw
      }
    },
    finish() {
      if (failure !== undefined) throw failure;
      writer.finish();
      return writer.actions;
    },
    abandon: writer.abandon,
  };
}

export function plannedMirror(
  { name, source, container, prefix, deletes }: MirrorConfig,
  { name: target, driver, settings, multipartThreshold, partSize }: TargetConfig,
): PlannedMirror {
  const profile = profileOf(settings);
  return {
    name,
    source,
    target,
    driver,
    ...(profile === undefined ? {} : { profile }),
    container,
    prefix,
    deletes,
    partsAbove: multipartThreshold,
    partSize: partSize ?? null,
  };
}

/** Settings belong to their driver; those with providers that differ call theirs `profile`. */
function profileOf(settings: unknown): string | undefined {
  const { profile } = (settings ?? {}) as { readonly profile?: unknown };
  return typeof profile === 'string' ? profile : undefined;
}
