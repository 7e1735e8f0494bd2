import { findDriver } from './drivers/registry/registry.js';
import { targetLayers } from './target-layers.js';
import { createTelemetry } from './telemetry/telemetry.js';
import type { World } from './world.js';

/** The world of the program, around what the command line has opened. */
export function systemWorld({
  clock,
  env,
  log,
  logControl,
  configureLog,
}: Pick<World, 'clock' | 'env' | 'log' | 'logControl' | 'configureLog'>): World {
  const parts = { clock, telemetry: createTelemetry(log), random: Math.random };
  return {
    ...parts,
    env,
    log,
    ...(logControl && { logControl }),
    ...(configureLog && { configureLog }),
    findDriver,
    layersOf: (...target) => targetLayers(parts, ...target),
  };
}
