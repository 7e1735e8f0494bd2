import type { Io, Program } from './io.js';
import { runOnceCommand } from './once.js';
import { findMirror, openConfig } from './open-config.js';

export interface RebuildCommand {
  readonly mirror: string;
  /** Also an index that a reconcile has finished on: it is set aside. */
  readonly force: boolean;
  readonly json: boolean;
  readonly takeOver: boolean;
}

/**
 * `rebuild MIRROR`: makes a lost index again, from the index snapshot in the container where there is a usable one, and a
 * reconcile. Nothing is deleted before that has finished.
 */
export async function rebuild(
  configFile: string | undefined,
  { mirror, force, json, takeOver }: RebuildCommand,
  io: Io,
  program: Program,
): Promise<number> {
  const config = await openConfig(io, configFile);
  findMirror(config, mirror);
  const command = {
    run: 'reconcile',
    mirrors: [mirror],
    dryRun: false,
    takeOver,
    json,
    rebuild: force ? 'set-aside' : 'lost',
  } as const;
  return runOnceCommand(config, command, io, program);
}
