import { resolve } from 'node:path';
import type { Config } from '../config/config.js';
import type { PlanHeader, PlannedMirror } from '../plan/plan-file.js';
import { type Plan, PlanFileError, readPlan } from '../plan/read-plan.js';
import type { PlannedAction, ReadActions } from '../sync/mirror/apply-plan.js';
import { findTarget } from './drivers.js';
import type { Io, Program } from './io.js';
import { runOnceCommand } from './once.js';
import { openConfig } from './open-config.js';
import { plannedMirror } from './plan-output.js';

export interface ApplyCommand {
  readonly file: string;
  readonly json: boolean;
  readonly takeOver: boolean;
}

/** `apply FILE`: carries out exactly what the plan says. */
export async function apply(
  configFile: string | undefined,
  { file, json, takeOver }: ApplyCommand,
  io: Io,
  program: Program,
): Promise<number> {
  const config = await openConfig(io, configFile);
  const plan = await readPlan(resolve(io.cwd, file));
  checkMirrors(config, plan.header, file);
  const command = {
    run: 'reconcile',
    mirrors: plan.header.mirrors.map(({ name }) => name),
    dryRun: false,
    takeOver,
    json,
    actionsOf: (mirror: string) => actionsOf(plan, mirror),
  } as const;
  return runOnceCommand(config, command, io, program);
}

/** Refuses a plan for mirrors that are not what they were when it was made. */
function checkMirrors(config: Config, { mirrors }: PlanHeader, file: string): void {
  for (const planned of mirrors) {
    const mirror = config.mirrors.find(({ name }) => name === planned.name);
    if (mirror === undefined)
      throw new PlanFileError(
        `${file} is for the mirror ${JSON.stringify(planned.name)}, which the configuration does not have`,
      );
    const now = plannedMirror(mirror, findTarget(config, mirror.target));
    const other = PLACES.find((field) => now[field] !== planned[field]);
    if (other !== undefined)
      throw new PlanFileError(
        `${file} was made when the ${other} of the mirror ${JSON.stringify(planned.name)} was ${JSON.stringify(planned[other])}, and it is ${JSON.stringify(now[other])} now: make a new plan`,
      );
  }
}

const PLACES = [
  'source',
  'target',
  'driver',
  'container',
  'prefix',
  'deletes',
] as const satisfies (keyof PlannedMirror)[];

function actionsOf(plan: Plan, wanted: string): ReadActions {
  return async function* (): AsyncGenerator<PlannedAction, void> {
    for await (const { mirror, name, action, evidence } of plan.lines())
      if (mirror === wanted) yield { name, planned: { action, evidence } };
  };
}
